import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const KEYS = ['upstream', 'credential', 'allow', 'access', 'onLeak']

test.each([
  ['upstrem', 'upstream'],
  ['credentail', 'credential'],
  ['Allow', 'allow'],
  ['on-leak', 'onLeak'],
  ['acess', 'access'],
  ['secret', null],
  ['xyz', null],
  ['', null],
])('%j was meant to be %j', (text, expected) => expect(nearest(text, KEYS)).toBe(expected))
