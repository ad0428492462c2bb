import { createElement, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { Client } from '../src/index.ts'
import { useSession } from '../src/react.ts'

test('on a server nobody is asked, and nobody is signed in yet', () => {
  const asked: string[] = []
  const never = (what: string) => (): never => {
    asked.push(what)
    throw new Error('there is no browser here')
  }
  const client: Client = {
    session: never('session'),
    login: never('login'),
    logout: never('logout'),
    onChange: never('onChange'),
    stay: never('stay'),
    fetch: never('fetch'),
    close: never('close'),
  }
  function Shown(): ReactNode {
    return createElement('p', null, JSON.stringify(useSession(client)))
  }
  expect(renderToString(createElement(Shown))).toBe('<p>{&quot;session&quot;:null,&quot;isEnding&quot;:false}</p>')
  expect(asked).toEqual([])
})
