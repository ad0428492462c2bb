import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { diceOf } from '../random.ts'
import { REQUEST_PIECES, REQUESTS } from './corpus.ts'
import { mutate } from './mutate.ts'

const MAIN = resolve(import.meta.dirname, 'main.ts')
const out = mkdtempSync(join(tmpdir(), 'cloakroom-fuzz-test-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

function fuzz(...args: readonly string[]): Promise<{ readonly code: number | null; readonly printed: string }> {
  const child = spawn(process.execPath, ['--conditions=source', MAIN, '--out', out, ...args], { timeout: 28_000 })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  return new Promise((done) => child.on('close', (code) => done({ code, printed })))
}

test('C12 C21 twelve seconds of noise at every entrance find nothing, and each entrance had its share', async () => {
  const { code, printed } = await fuzz('--seconds', '12')
  expect(code, printed).toBe(0)
  for (const name of ['listener', 'upstream answer', 'cookie', 'configuration', 'sealed value', 'vault record', 'websocket'])
    expect(printed).toMatch(new RegExp(`[1-9]\\d* cases {2}${name}$`, 'm'))
  expect(printed).toMatch(/^[1-9]\d* requests reached the upstream$/m)
  expect(readdirSync(out)).toEqual([])
})

test('a finding is run again from its file', async () => {
  const file = join(out, 'harmless.json')
  writeFileSync(
    file,
    JSON.stringify({ target: 'sealed value', seed: 1, input: Buffer.from('AAAA').toString('base64'), what: 'was wrong once' }),
  )
  expect(await fuzz('--replay', file)).toEqual({ code: 0, printed: 'it does not happen any more\n' })
  rmSync(file)
})

test('the same seed makes the same case', () => {
  const make = (): string => mutate(Buffer.from(REQUESTS[0] ?? ''), diceOf(42), REQUEST_PIECES).toString('hex')
  expect(make()).toBe(make())
  expect(make()).not.toBe(Buffer.from(REQUESTS[0] ?? '').toString('hex'))
})
