import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type MailServer, startMailServer, tokenIn } from '../mail-server.ts'
import { cloakroom, type emptyFolder, everythingIn, installation } from './run.ts'

const PASSWORD = 'canary correct horse battery'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
let server: MailServer
beforeAll(async () => {
  made = await installation('canary-4Zk8Qw2LmX90pR7s')
  server = await startMailServer()
})
afterAll(async () => {
  made.remove()
  await server.close()
})
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (args: readonly string[], input = '') => cloakroom(args, { cwd: folder.path, input })
const file = (name: string): string => join(folder.path, name)
function configure(more = ''): void {
  const path = file('cloakroom.yaml')
  writeFileSync(path, `${readFileSync(path, 'utf8')}\nmail: { smtp: '${server.smtp}', from: gate@example.com${more} }\n`)
}

test('MFA-21 an owner says where somebody reads mail and starts a reset; the password stays, and he sees no link', async () => {
  configure()
  const added = await run(['account', 'add', 'ada', '--mail', 'Ada@example.com'], PASSWORD)
  expect([added.code, added.err]).toEqual([0, ''])
  expect(JSON.parse((await run(['account', 'list', '--json'])).out)).toMatchObject([{ name: 'ada', mail: 'Ada@example.com' }])
  const before = server.letters.length
  const sent = await run(['account', 'send-reset', 'ada', '--language', 'de'])
  expect(sent).toMatchObject({ code: 0, out: 'A link is on its way to Ada@example.com; it is good for half an hour.\n' })
  const letter = server.letters[before]
  expect(letter).toMatchObject({ to: 'Ada@example.com', subject: 'Ein neues Passwort für localhost' })
  expect(sent.out + everythingIn(folder.path)).not.toContain(tokenIn(letter))
  expect((await run(['account', 'set-mail', 'ada', '--none'])).code).toBe(0)
  expect((await run(['account', 'send-reset', 'ada'])).err).toContain('account set-mail ada ADDRESS')
})

test.each([
  ['two addresses in one', 'a@example.com,b@example.com'],
  ['a display name', 'Ada <ada@example.com>'],
  ['a line break', 'ada@example.com\nBcc: all@example.com'],
  ['letters that look alike', 'ad\u0430@example.com'],
  ['no host', 'ada@'],
])('%s is no address', async (_what, address) => {
  await run(['account', 'add', 'ada'], PASSWORD)
  const ran = await run(['account', 'set-mail', 'ada', address])
  expect([ran.code, ran.err.includes('no mail address')]).toEqual([1, true])
  expect(JSON.parse((await run(['account', 'list', '--json'])).out)).toMatchObject([{ mail: null }])
})

test('the letters are an owner’s to change; what would be of no use is said by check', async () => {
  expect((await run(['mail', 'templates', './letters'])).code).toBe(0)
  expect(readdirSync(file('letters')).toSorted()).toEqual(['notice.de.txt', 'notice.en.txt', 'reset.de.txt', 'reset.en.txt'])
  expect((await run(['mail', 'templates', './letters'])).err).toContain('there already')
  configure(', templates: ./letters')
  expect((await run(['check'])).code).toBe(0)
  writeFileSync(file('letters/reset.en.txt'), 'Subject: Dear {{account}}\n\nHere you are: {{ link }} {{link}}\n')
  await run(['account', 'add', 'ada', '--mail', 'ada@example.com'], PASSWORD)
  const before = server.letters.length
  expect((await run(['account', 'send-reset', 'ada'])).code).toBe(0)
  expect(server.letters[before]).toMatchObject({ subject: 'Dear ada' })
  expect(server.letters[before]?.text).toMatch(/^Here you are: https?:/)
  for (const [text, why] of [
    ['Subject: Hello\n\nNo link at all\n', 'lacks {{link}}'],
    ['Subject: Hello\n\n{{link}} {{password}}\n', 'names {{password}}'],
    ['Hello\n\n{{link}}\n', 'not the subject'],
    ['Subject: Hello\n{{link}}\n', 'empty line'],
  ]) {
    writeFileSync(file('letters/reset.en.txt'), text ?? '')
    const checked = await run(['check'])
    expect([checked.code, checked.out + checked.err]).toEqual([78, expect.stringContaining(why ?? '')])
  }
})

test('the mail server can be tried', async () => {
  expect((await run(['mail', 'test', 'owner@example.com'])).err).toContain('mail: { smtp:')
  configure()
  const before = server.letters.length
  expect((await run(['mail', 'test', 'owner@example.com'])).code).toBe(0)
  expect(server.letters[before]?.to).toBe('owner@example.com')
  server.refusing = 'no such mailbox here'
  const refused = await run(['mail', 'test', 'owner@example.com'])
  server.refusing = null
  expect([refused.code, refused.err]).toEqual([69, expect.stringContaining('no such mailbox here')])
})

test('MFA-17 what an owner does to an account is told its person, at the old address as well; a letter that cannot go out is said', async () => {
  configure()
  await run(['account', 'add', 'ada', '--mail', 'ada@example.com'], PASSWORD)
  const before = server.letters.length
  await run(['account', 'set-password', 'ada'], `${PASSWORD} two`)
  expect(server.letters.slice(before)).toMatchObject([{ to: 'ada@example.com', subject: 'News of your account at localhost' }])
  expect(server.letters[before]?.text).toContain('set a new password')
  await run(['account', 'set-mail', 'ada', 'eve@example.com'])
  expect(
    server.letters
      .slice(before + 1)
      .map(({ to }) => to)
      .toSorted(),
  ).toEqual(['ada@example.com', 'eve@example.com'])
  server.refusing = 'no such mailbox here'
  const ran = await run(['account', 'force-reset', 'ada'])
  server.refusing = null
  expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('The letter to ada did not go out.')])
  expect(readFileSync(file('data/audit.jsonl'), 'utf8')).toContain('"kind":"notice.failed"')
})
