import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../src/cli.ts'
import { NOON } from './kit.ts'

let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cloakroom-cli-'))))
afterAll(() => rm(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

async function cli(words: readonly string[], input = '', now = NOON): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const readInput = () => Promise.resolve(new TextEncoder().encode(input))
  const exit = await run(words, { print: (line) => out.push(line), complain: (line) => err.push(line), readInput, now: () => now })
  return { exit, out: out.join('\n'), err: err.join('\n') }
}

const REQUEST = ['--url', 'https://api.example.test/v1/orders?dry=1', '--method', 'POST', '--field', 'Content-Type: application/json']

describe('cloakroom-signature', () => {
  it('makes a key, signs with it, and verifies with its public half', async () => {
    const made = await cli(['keygen', '--private', at('gw.jwk'), '--keyid', 'gw-1'])
    expect({ exit: made.exit, err: made.err }).toEqual({ exit: 0, err: '' })
    expect(made.out).not.toContain('"d"')
    await writeFile(at('gw.jwks'), made.out)
    if (process.platform !== 'win32') expect((await stat(at('gw.jwk'))).mode & 0o777).toBe(0o600)

    const signed = await cli(['sign', '--key', at('gw.jwk'), ...REQUEST, '--content', '-'], '{"item":7}')
    expect(signed.out.split('\n').map((line) => line.split(':')[0])).toEqual(['content-digest', 'signature-input', 'signature'])
    await writeFile(at('signed.txt'), signed.out)

    const check = ['verify', '--keys', at('gw.jwks'), ...REQUEST, '--fields', at('signed.txt'), '--content', '-']
    expect(await cli(check, '{"item":7}')).toEqual({ exit: 0, out: 'accepted: key gw-1, ed25519', err: '' })
    expect(await cli(check, '{"item":8}')).toMatchObject({ exit: 1, out: expect.stringContaining('refused: digest_mismatch') as string })
    expect(await cli(check, '{"item":7}', NOON + 61)).toMatchObject({ exit: 1, out: 'refused: too_old (created 61 s ago)' })
    expect(JSON.parse((await cli([...check, '--json', '--at', String(NOON - 60)], '{"item":7}')).out)).toMatchObject({
      accepted: false,
      reason: 'from_the_future',
    })
    expect(await cli([...check, '--core'], 'anything', NOON + 99_999)).toMatchObject({ exit: 0 })
  })

  it.each(['ecdsa-p256-sha256', 'hmac-sha256'])('works with %s, and says everything as JSON', async (algorithm) => {
    const file = at(`${algorithm}.jwk`)
    const made = JSON.parse((await cli(['keygen', '--private', file, '--algorithm', algorithm, '--json'])).out) as {
      keyid: string
      public: unknown
    }
    expect(made.public === null).toBe(algorithm === 'hmac-sha256')
    const signed = JSON.parse((await cli(['sign', '--key', file, ...REQUEST, '--json'])).out) as {
      fields: Record<string, string>
      base: string
    }
    expect(signed.base).toContain('"@path": /v1/orders\n"@query": ?dry=1\n')
    const fields = Object.entries(signed.fields).flatMap(([name, value]) => ['--field', `${name}: ${value}`])
    expect(JSON.parse((await cli(['verify', '--keys', file, ...REQUEST, ...fields, '--json'])).out)).toEqual({
      accepted: true,
      reason: null,
      detail: `key ${made.keyid}, ${algorithm}`,
    })
  })

  it('never overwrites a key', async () => {
    await cli(['keygen', '--private', at('kept.jwk')])
    const before = await readFile(at('kept.jwk'), 'utf8')
    expect((await cli(['keygen', '--private', at('kept.jwk')])).exit).toBe(78)
    expect(await readFile(at('kept.jwk'), 'utf8')).toBe(before)
  })

  it('prints and checks the secret of a window', async () => {
    await writeFile(at('root'), Buffer.alloc(32, 7))
    const secret = (await cli(['window', '--root', at('root')])).out
    expect(await cli(['window', '--root', at('root'), '--accept', secret], '', NOON + 30)).toMatchObject({ exit: 0, out: 'accepted' })
    expect(await cli(['window', '--root', at('root'), '--accept', secret, '--json'], '', NOON + 90)).toMatchObject({ exit: 1 })
  })

  it.each([
    [[], 2],
    [['--help'], 0],
    [['sign', '--help'], 0],
    [['dance'], 2],
    [['constructor'], 2],
    [['sign'], 2],
    [['sign', '--unknown'], 2],
    [['sign', '--key', 'k', '--url', 'ftp://x'], 2],
    [['sign', '--key', 'k', '--url', 'https://x', '--at', 'noon'], 2],
    [['sign', '--key', 'k', '--url', 'https://x', '--nonce', 'short'], 2],
    [['sign', '--key', 'k', '--url', 'https://x', '--field', 'no colon'], 2],
    [['sign', '--key', '/does/not/exist', '--url', 'https://x'], 78],
    [['sign', '--key', '/does/not/exist', '--url', 'https://x', '--content', '/does/not/exist'], 78],
    [['verify', '--url', 'https://x'], 2],
    [['verify', '--keys', '/does/not/exist', '--url', 'https://x'], 78],
    [['verify', '--keys', 'http://x/keys', '--url', 'https://x'], 78],
    [['keygen'], 2],
    [['keygen', '--private', 'x', '--algorithm', 'rsa'], 2],
    [['window'], 2],
    [['window', '--root', '/does/not/exist'], 78],
  ])('%j ends with %i', async (words, exit) => {
    const ran = await cli(words)
    expect(ran.exit).toBe(exit)
    if (exit !== 0 && words.length > 0) expect(ran.err).not.toBe('')
  })

  it('does not mind a reader that goes away', async () => {
    await cli(['keygen', '--private', at('gone.jwk')])
    const bin = join(import.meta.dirname, '../bin/cloakroom-signature.js')
    const line = `"${process.execPath}" "${bin}" sign --key "${at('gone.jwk')}" --url https://api.example.test/ | true`
    for (let round = 0; round < 3; round += 1) expect(spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stderr).toBe('')
  })
})
