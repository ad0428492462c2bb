import { createElement, Fragment, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from '../src/index.ts'
import { useSession } from '../src/react.ts'

/** A page as a website would have it, for a browser: two components that share one client. */
const client = createClient()

function Name(): ReactNode {
  const { session, isEnding } = useSession(client)
  const name = session === null ? 'asking' : session.active ? session.account : 'nobody'
  return createElement('p', { id: 'name' }, `${name}${isEnding ? ', ending' : ''}`)
}

function Out(): ReactNode {
  const { session } = useSession(client)
  if (session?.active !== true) return null
  return createElement(
    Fragment,
    null,
    createElement('button', { id: 'out', onClick: () => void client.logout() }, 'Sign out'),
    createElement('button', { id: 'stay', onClick: () => void client.stay() }, 'Stay'),
  )
}

const root = document.getElementById('root')
if (root !== null) createRoot(root).render(createElement(Fragment, null, createElement(Name), createElement(Out)))
