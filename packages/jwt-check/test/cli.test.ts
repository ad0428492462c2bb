import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Io } from '../src/cli/io.ts'
import { optionTable } from '../src/cli/options.ts'
import { help } from '../src/cli/help.ts'
import { runJwtCheck } from '../src/cli/run.ts'
import { version } from '../src/version.ts'
import { base64url } from '../src/encoding/base64url.ts'
import { ecKey, good, jwt, now, raw, secret } from './cases/make.ts'
import { publicPart } from '../src/jose/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'jwt-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

async function* stream(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* chunks
}

async function run(
  argv: readonly string[],
  more: Partial<Io> = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', '']
  const io: Io = {
    stdin: stream(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    terminal: false,
    interactive: true,
    now: () => now,
    ...more,
  }
  const code = await runJwtCheck(argv, io)
  return { code, out, err }
}

const sound = await jwt()
const bad = raw({ alg: 'none', typ: 'at+jwt' }, good, '')

const bound = await jwt({ ...good, cnf: { jkt: 'x' } })

describe('the command', () => {
  it('answers 0 for a sound JWT and 1 for one with errors', async () => {
    expect((await run([file('good.jwt', `${sound}\n`)])).code).toBe(0)
    const { code, out } = await run([file('bad.jwt', bad)])
    expect(code).toBe(1)
    expect(out).toContain('JWT-01 Unsigned JWT')
    expect(out).toMatch(/why .*\n(?:.*\n)*?.*fix .*\n/)
  })

  it('reads standard input, also in pieces', async () => {
    const { code, out } = await run(['--json'], {
      stdin: stream(bad.slice(0, 10), new TextEncoder().encode(bad.slice(10))),
      interactive: false,
    })
    expect(code).toBe(1)
    expect(JSON.parse(out).findings[0]).toMatchObject({
      ruleId: 'JWT-01',
      severity: 'error',
      at: 'stdin',
      pointer: 'header.alg',
      source: expect.stringContaining('bis'),
    })
  })

  it('takes a JWT as an argument', async () => {
    expect((await run([bad])).code).toBe(1)
  })

  it('stops reading at the limit and says so, though gigabytes wait', async () => {
    let sent = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array((sent += 65_536) && 65_536)
    }
    const { code, err } = await run(['--max-bytes', '1000000'], { stdin: endless(), interactive: false })
    expect(code).toBe(3)
    expect(err).toContain('Standard input is larger than 1000000 bytes')
    expect(sent).toBeLessThan(1_200_000)
  })

  it.each([
    [['--nonsense'], 2, 'nonsense'],
    [['--fail-on', 'sometimes'], 2, '--fail-on takes'],
    [['--now', 'tomorrow', sound], 2, '--now takes'],
    [['--only', 'JWT-99'], 2, 'no rule "JWT-99"'],
    [['--max-bytes', '-1'], 2, 'max-bytes'],
    [['explain', 'JWT-77'], 2, 'explain takes'],
    [['/no/such/file'], 3, 'cannot be read (ENOENT)'],
    [[], 2, 'Nothing to examine'],
    [['probe'], 2, 'exactly one URL'],
    [['probe', 'http://127.0.0.1:1/'], 2, '--jwt-file'],
  ] as const)('answers %j with exit code %i and a sentence', async (argv, code, text) => {
    const result = await run([...argv])
    expect(result.code).toBe(code)
    expect(result.err).toContain(text)
  })

  it('answers 3 when there is nothing to examine in the input', async () => {
    expect((await run([file('empty', '\n')])).code).toBe(3)
  })

  it('knows its thresholds', async () => {
    const path = file('info.jwt', await jwt(good, { alg: 'RS256' }))
    expect((await run([path])).code).toBe(0)
    expect((await run([path, '--fail-on', 'info'])).code).toBe(1)
    expect((await run([file('bad.jwt', bad), '--fail-on', 'never'])).code).toBe(0)
  })

  it('runs only the rules that it is told to run', async () => {
    const path = file('bad.jwt', bad)
    expect((await run([path, '--ignore', 'JWT-01'])).code).toBe(0)
    expect((await run([path, '--only', 'JWT-02,jwt-03'])).code).toBe(0)
    expect((await run([path, '--only', 'jwt-01'])).code).toBe(1)
  })

  it('verifies with given keys, and knows whose they are', async () => {
    const keys = file('keys.json', { keys: [publicPart(ecKey)] })
    expect((await run([file('good.jwt', sound), '--keys', keys])).code).toBe(0)
    const { out } = await run([file('good.jwt', sound), '--json', '--keys', `https://other.example=${keys}`])
    expect(out).toContain('key of \\"https://other.example\\"')
  })

  it("finds leaked private keys in a published set, but not in a secret of one's own", async () => {
    expect((await run([file('leak.json', { keys: [ecKey] })])).out).toContain('JWT-47')
    const mac = { kty: 'oct', k: base64url(crypto.getRandomValues(new Uint8Array(32))) }
    const path = file('mac.jwt', await jwt(good, { alg: 'HS256' }, mac))
    const { code, out } = await run([path, '--secret-file', file('mac.json', mac)])
    expect(out).not.toContain('JWT-47')
    expect(code).toBe(0)
    const foreign = await run([path, '--no-guess', '--secret-file', file('raw.secret', 'some-other-secret-of-more-than-32-bytes\n')])
    expect(foreign.out).toContain('JWT-45')
  })

  it('holds JWTs to profile, issuer, audience and algorithms', async () => {
    const path = file('good.jwt', sound)
    expect((await run([path, '--issuer', 'https://else.example'])).out).toContain('expected "https://else.example"')
    expect((await run([path, '--audience', 'https://else.example'])).out).toContain('JWT-22')
    expect((await run([path, '--algorithms', 'PS256'])).out).toContain('JWT-02')
    expect((await run([path, '--profile', 'logout'])).out).toContain('JWT-25')
    const own = file('profile.json', { extends: 'access-token', name: 'ours', requires: ['tenant'], lifetime: { warning: 60 } })
    expect((await run([path, '--profile', own])).out).toContain('ours should not exceed 1 minutes')
    expect((await run([path, '--profile', file('odd.json', { lifetime: 5 })])).err).toContain('"lifetime"')
    expect((await run([path, '--now', '2030-01-01T00:00:00Z'])).out).toContain('JWT-16')
  })

  it('does not guess when told not to', async () => {
    const path = file('weak.jwt', await jwt(good, { alg: 'HS256' }, secret('secret')))
    expect((await run([path])).out).toContain('JWT-07')
    expect((await run([path, '--no-guess'])).out).not.toContain('JWT-07')
  })

  it('lists and explains the rules, and shows help and version', async () => {
    expect((await run(['rules'])).out.split('\n')).toHaveLength(56)
    expect(JSON.parse((await run(['rules', '--json'])).out)).toHaveLength(55)
    expect((await run(['explain', 'jwt-07'])).out).toContain('What to do:')
    expect((await run(['--help'])).out).toBe(help)
    expect((await run(['-v'])).out).toBe(`${version}\n`)
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(version).toBe(manifest.version)
  })

  it('has every option in its help', () => {
    for (const name of Object.keys(optionTable).filter((name) => !['help', 'version'].includes(name))) {
      expect(help.includes(`--${name}`) || help.includes(`-- ${name}`), name).toBe(true)
    }
  })
})

describe('what the command prints', () => {
  it('is coloured on a terminal, and plain elsewhere or with NO_COLOR', async () => {
    const path = file('bad.jwt', bad)
    const escape = '\u001b['
    expect((await run([path])).out).not.toContain(escape)
    expect((await run([path], { terminal: true })).out).toContain(escape)
    expect((await run([path], { terminal: true, env: { NO_COLOR: '1' } })).out).not.toContain(escape)
    expect((await run([path, '--no-color'], { terminal: true })).out).not.toContain(escape)
  })

  it('lists eight findings of one rule for people, and all of them for machines', async () => {
    const path = file(
      'many.jwt',
      Array.from({ length: 12 }, (_, i) => raw({ alg: 'none', typ: 'at+jwt' }, { ...good, sub: `u${i}` }, '')).join('\n'),
    )
    expect((await run([path])).out).toContain('… and 4 more by this rule')
    const many = JSON.parse((await run([path, '--json', '--only', 'JWT-01'])).out)
    expect(many.findings).toHaveLength(12)
  })

  it('never holds a whole JWT or a signature, in any format', async () => {
    const inputs = [sound, bad, `${sound}\n`, `${sound}=`, raw({ alg: 'HS256', kid: sound }), await jwt({ ...good, iss: sound, note: bad })]
    for (const [index, text] of inputs.entries()) {
      for (const format of [[], ['--json'], ['--sarif']]) {
        const { out, err } = await run([file(`never-${index}.jwt`, text), '--no-guess', ...format])
        for (const compact of [sound, bad, text.trim()]) expect(out + err).not.toContain(compact)
        expect(out + err).not.toContain(sound.split('.')[2])
      }
    }
    const missing = await run([`./${sound}`])
    expect(missing.err).not.toContain(sound)
  })

  it("cannot be used to steer the reader's terminal", async () => {
    const { out } = await run([file('steer.jwt', raw({ alg: '\u001b[2J\u202eSH', kid: 'a\u0007b', typ: '\u009b1m' }))])
    // oxlint-disable-next-line no-control-regex -- the absence of control characters is what is tested
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  it('is valid SARIF 2.1.0 in its bones', async () => {
    const sarif = JSON.parse((await run([file('bad.jwt', bad), '--sarif'])).out)
    expect(sarif.version).toBe('2.1.0')
    const [{ tool, results }] = sarif.runs
    expect(tool.driver.rules).toHaveLength(55)
    expect(results[0]).toMatchObject({ ruleId: 'JWT-01', ruleIndex: 0, level: 'error', message: { text: expect.any(String) } })
    expect(results[0].locations[0].physicalLocation.artifactLocation.uri).toContain('bad.jwt')
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId)
  })
})

describe('probing by command', () => {
  const claims = {
    iss: 'https://issuer.example',
    aud: 'a',
    sub: 'u',
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 300,
  }

  it('reports what a verifier accepted, says what was not tried, and exits with 1', async () => {
    const server = createServer((request, response) =>
      response.writeHead(/^Bearer eyJ[\w-]+\.eyJ/.test(request.headers.authorization ?? '') ? 200 : 401).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const path = file('valid.jwt', await jwt(claims))
    const { code, out, err } = await run(['probe', url, '--jwt-file', path])
    server.close()
    expect(code).toBe(1)
    expect(out).toContain('The verifier accepted another sub under the old signature')
    expect(err).toMatch(/not tried, needs a signing key .*JWT-16 expired/)
    expect(err).toMatch(/\d+ forged JWTs sent to http/)
  })

  it("exits with 4 when nobody answers, and with 2 for a host that is not one's own", async () => {
    const path = file('valid.jwt', await jwt(claims))
    expect((await run(['probe', 'http://127.0.0.1:9/', '--jwt-file', path])).code).toBe(4)
    const { code, err } = await run(['probe', 'https://api.example/', '--jwt-file', path])
    expect(code).toBe(2)
    expect(err).toContain('this machine only')
  })
})

describe('scanning', () => {
  const har = {
    log: {
      entries: [
        {
          request: { url: `https://app.example/cb?id_token=${sound}#access_token=${sound}`, headers: [] },
          response: {
            status: 200,
            headers: [
              { name: 'Set-Cookie', value: `s=${sound}; Secure` },
              { name: 'Set-Cookie', value: `t=${sound}; HttpOnly` },
            ],
            content: { mimeType: 'text/html', text: `<script>var t="${sound}"</script>` },
          },
        },
        {
          request: { url: 'https://app.example/jwks', headers: [] },
          response: { status: 200, headers: [], content: { mimeType: 'application/json', text: JSON.stringify({ keys: [ecKey] }) } },
        },
        {
          request: { url: 'https://api.example/', headers: [{ name: 'Authorization', value: `Bearer ${bound}` }] },
          response: { status: 200, headers: [], content: { text: '' } },
        },
      ],
    },
  }

  it('JWT-53 finds JWTs in a HAR, JWT-47 a leaking key set, JWT-51 a bound token without proof', async () => {
    const { code, out } = await run(['scan', '--json', file('trace.har', har)])
    const findings = JSON.parse(out).findings as { readonly ruleId: string; readonly reason: string; readonly at: string }[]
    const places = findings
      .filter(({ ruleId }) => ruleId === 'JWT-53')
      .map(({ reason }) => reason.replace(/^A JWT lies in (?:an? |the )?(.*?):.*$/, '$1'))
    expect(places).toEqual(['query of a URL', 'fragment of a URL', 'cookie without HttpOnly', 'HTML page'])
    expect(findings.filter(({ ruleId, at }) => ruleId === 'JWT-47' && at.endsWith('#2'))).toHaveLength(2)
    expect(findings.some(({ ruleId, at }) => ruleId === 'JWT-51' && at.endsWith('#3'))).toBe(true)
    expect(code).toBe(1)
  })

  it('JWT-53 finds JWTs in storage dumps, scripts and logs', async () => {
    const dump = {
      localStorage: { a: sound, b: 'x' },
      sessionStorage: { c: sound },
      indexedDB: { db: { store: [sound] } },
      cookies: [
        { name: 's', value: sound, httpOnly: false },
        { name: 't', value: sound, httpOnly: true },
      ],
    }
    expect((await run(['scan', file('dump.json', dump)])).out.match(/A JWT lies in/g)).toHaveLength(4)
    const state = { cookies: [], origins: [{ origin: 'https://app.example', localStorage: [{ name: 'jwt', value: sound }] }] }
    expect((await run(['scan', file('state.json', state)])).out).toContain('localStorage.jwt')
    expect((await run(['scan', file('app.js', `\n\nconst t = '${sound}'`)])).out).toMatch(/app\.js › line 3\n.*script/)
    expect((await run(['scan', file('app.log', `GET /?t=${sound} 200`)])).out).toContain('in a log')
  })

  it('is content with files that hold none', async () => {
    const { code, out } = await run(['scan', file('clean.log', 'eyJub3BlIjoxfQ.eyJ9.x and eyJ but no JWT')])
    expect(code).toBe(0)
    expect(out).toContain('No findings')
  })
})
