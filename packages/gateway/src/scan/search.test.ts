import { describe, expect, test } from 'vitest'
import { leaks } from '../decide/credential.ts'
import { Secret } from '../decide/secret.ts'
import { textExhibit } from './exhibit.ts'
import { search } from './search.ts'

const value = 'Zk3/9x"Qw+7vRt&2LmN8pYs4'
const sought = [
  { name: 'shop-key', version: 1, state: 'active' as const, needles: leaks({ kind: 'bearer' }, new Secret(Buffer.from(value))) },
]
const found = (text: string) => search([textExhibit('response body', 'https://shop.example/app.js', text)], sought)

describe('the vault’s secret is found in every encoding', () => {
  test.each([
    ['as it is', value],
    ['JSON', JSON.stringify({ key: value })],
    ['percent', encodeURIComponent(value)],
    ['percent in lower case', encodeURIComponent(value).replaceAll(/%../g, (escape) => escape.toLowerCase())],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64, shifted by one', Buffer.from(`a${value}b`).toString('base64')],
    ['base64, shifted by two', Buffer.from(`ab${value}c`).toString('base64url')],
    ['hexadecimal', Buffer.from(value).toString('hex')],
    ['UTF-16', Buffer.from(value, 'utf16le').toString('latin1')],
    [
      'HTML by numbers',
      Array.from(value)
        .map((character) => `&#${character.charCodeAt(0)};`)
        .join(''),
    ],
    ['quoted-printable', `${value.slice(0, 9)}=\r\n${value.slice(9)}`],
    ['HTML', value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ])('%s', (_name, text) => {
    const [finding] = found(`const x = '${text}'`)
    expect(finding).toMatchObject({ severity: 'finding', kind: 'vault' })
    expect(JSON.stringify(finding)).not.toContain(text)
  })
  test('and nothing is found where nothing is', () => expect(found('const x = 1')).toEqual([]))
})

describe('strings shaped like keys', () => {
  const random = 'R4nD0mCh4r4ct3rsF0rAT3st1ngPurp0se9zQ'
  test.each([
    [`sk-proj-${random}`, 'OpenAI'],
    [`sk-ant-api03-${random}`, 'Anthropic'],
    [`sk_live_${random}`, 'Stripe'],
    [`ghp_${random}`, 'GitHub'],
    [`AKIAQ7R2ZK9T4M1XW8PL`, 'AWS'],
    [`AIza${random.slice(0, 35)}`, 'Google'],
    [`xoxb-${random}`, 'Slack'],
    ['-----BEGIN EC PRIVATE KEY-----', 'private key'],
    ['postgres://shop:hunter22@db.internal/shop', 'password in a URL'],
  ])('%s', (text, name) => {
    const [finding] = found(`key: ${text};`)
    expect(finding).toMatchObject({ severity: 'finding', kind: 'shape' })
    expect(finding?.what).toContain(name)
    expect(finding?.excerpt).not.toContain(text)
  })
  test('a key made to be public is a note', () => expect(found(`pk_live_${random}`)[0]?.severity).toBe('note'))
  test.each([
    'sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'sk_test_0000000000000000',
    'mailto:someone@example.com',
    'https://shop.example:443/a@b',
  ])('%s is none', (text) => expect(found(text)).toEqual([]))
})
