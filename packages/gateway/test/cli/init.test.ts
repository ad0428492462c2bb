import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { spawnSync } from 'node:child_process'
import { atTerminal, cloakroom, emptyFolder, everythingIn, HAS_TERMINAL, INIT, MAIN } from './run.ts'

const CANARY = 'canary-4Zk8Qw2LmX90pR7s'

let folder: ReturnType<typeof emptyFolder>
beforeEach(() => {
  folder = emptyFolder()
})
afterEach(() => folder.remove())

const inside = (): readonly string[] => readdirSync(folder.path).toSorted()

describe('cloakroom init without a terminal', () => {
  test('writes a configuration that check accepts, a key that only its owner reads, and a sealed secret', async () => {
    mkdirSync(join(folder.path, 'public'))
    const ran = await cloakroom([...INIT, '--site', './public'], { cwd: folder.path, input: `${CANARY}\n` })
    expect(ran).toMatchObject({ code: 0 })
    expect(inside()).toEqual(['cloakroom.key', 'cloakroom.yaml', 'data', 'public'])
    expect(statSync(join(folder.path, 'cloakroom.key')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder.path, 'data')).mode & 0o777).toBe(0o700)
    const checked = await cloakroom(['check', '--json'], { cwd: folder.path })
    expect(checked.code).toBe(0)
    expect(JSON.parse(checked.out)).toMatchObject({ apis: ['shop'], problems: [] })
  })

  test('VLT-08 the secret is in no output, no file and no line of the audit trail', async () => {
    const ran = await cloakroom([...INIT], { cwd: folder.path, input: `${CANARY}\n` })
    const listed = await cloakroom(['secret', 'list', '--json'], { cwd: folder.path })
    const seen = ran.out + ran.err + listed.out + listed.err + everythingIn(folder.path)
    expect(seen).not.toContain(CANARY)
    expect(seen).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 20))
    expect(JSON.parse(listed.out)).toMatchObject([
      {
        name: 'shop-key',
        placement: 'bearer',
        origins: ['https://api.example.com'],
        versions: [{ version: 1, lastFour: CANARY.slice(-4) }],
      },
    ])
    expect(everythingIn(folder.path)).toContain('"kind":"secret.added"')
  })

  test('shows the recovery passphrase once, on the error output, and it opens the vault when the key is lost', async () => {
    const ran = await cloakroom([...INIT], { cwd: folder.path, input: CANARY })
    const phrase = /^ {4}([0-9a-z]{4}(?:-[0-9a-z]{4}){6})$/m.exec(ran.err)?.[1] ?? ''
    // 32 characters, 28 of them: 140 bits.
    expect(phrase).toMatch(/^[0-9a-hjkmnp-tv-z-]{34}$/)
    expect(ran.out + everythingIn(folder.path)).not.toContain(phrase)
    writeFileSync(join(folder.path, 'cloakroom.key'), '')
    expect((await cloakroom(['secret', 'list'], { cwd: folder.path })).code).toBe(78)
    const recovered = await cloakroom(['secret', 'rekey', '--recover'], {
      cwd: folder.path,
      input: `  ${phrase.toUpperCase().replaceAll('-', ' ')}\n`,
    })
    expect(recovered).toMatchObject({ code: 0 })
    expect((await cloakroom(['check'], { cwd: folder.path })).code).toBe(0)
    const wrong = await cloakroom(['secret', 'rekey', '--recover'], { cwd: folder.path, input: 'aaaa-bbbb-cccc-dddd-eeee-ffff-gggg' })
    expect(wrong.code).toBe(78)
    expect(existsSync(join(folder.path, 'cloakroom.key.new'))).toBe(false)
  })

  test('PWD-16 a fresh installation has no account at all', async () => {
    await cloakroom([...INIT], { cwd: folder.path, input: CANARY })
    const listed = await cloakroom(['account', 'list', '--json'], { cwd: folder.path })
    expect(listed).toMatchObject({ code: 0, out: '[]\n' })
  })

  test('refuses to overwrite: the configuration, the key and the data stay as they are', async () => {
    for (const name of ['cloakroom.yaml', 'cloakroom.key', 'data/x']) {
      if (name === 'data/x') mkdirSync(join(folder.path, 'data'))
      writeFileSync(join(folder.path, name), 'mine')
      const ran = await cloakroom([...INIT], { cwd: folder.path, input: CANARY })
      expect(ran.code).toBe(73)
      expect(ran.err).toContain('exists already')
      expect(readFileSync(join(folder.path, name), 'utf8')).toBe('mine')
      expect(inside()).toEqual([name.split('/')[0]])
      spawnSync('rm', ['-r', join(folder.path, name.split('/')[0] ?? 'none')])
    }
  })

  test.each([
    ['an empty secret', '', /empty/],
    ['a secret of two lines', 'one-line-of-it\nanother-line\n', /more than one line/],
    ['a secret that brings its own scheme', 'Bearer abcdefghijklmnop', /leave that word out/i],
  ])('%s is refused, and nothing is left behind', async (_what, input, text) => {
    const ran = await cloakroom([...INIT], { cwd: folder.path, input })
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toMatch(text)
    expect(inside()).toEqual([])
  })

  test.each([
    ['no upstream', ['init', '--place', 'bearer', '--yes'], 64, /--upstream is missing/],
    ['an unknown placement', ['init', '--upstream', 'https://api.example.com', '--place', 'cookie', '--yes'], 64, /--place/],
    [
      'an upstream with a password in it',
      ['init', '--upstream', 'https://me:hidden@api.example.com', '--place', 'bearer', '--yes'],
      64,
      /--upstream is not/,
    ],
    ['plain http to another machine', ['init', '--upstream', 'http://api.example.com', '--place', 'bearer', '--yes'], 78, /upstream_plain/],
    ['a public write', [...INIT, '--access', 'public', '--allow', 'POST /orders'], 78, /public_write/],
    ['the folder itself as a site', [...INIT, '--site', '.'], 78, /site_exposes/],
    ['a path below the gateway’s own', [...INIT, '--path', '/auth/x'], 78, /api_own_path/],
    ['a text that would break out of the YAML', [...INIT, '--access', 'login\nadmin: {}'], 64, /--access/],
  ] as const)('%s is refused, and nothing is left behind', async (_what, args, code, text) => {
    const ran = await cloakroom(args, { cwd: folder.path, input: CANARY })
    expect(ran.code).toBe(code)
    expect(ran.err).toMatch(text)
    expect(inside()).toEqual([])
  })

  test('a site whose name holds YAML stays one text', async () => {
    const site = 'a: b #{x}'
    mkdirSync(join(folder.path, site))
    expect((await cloakroom([...INIT, '--site', site], { cwd: folder.path, input: CANARY })).code).toBe(0)
    expect((await cloakroom(['check'], { cwd: folder.path })).code).toBe(0)
  })

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to is left as it was', async () => {
    chmodSync(folder.path, 0o500)
    const ran = await cloakroom([...INIT], { cwd: folder.path, input: CANARY })
    chmodSync(folder.path, 0o700)
    expect(ran.code).toBe(73)
    expect(inside()).toEqual([])
  })

  test.skipIf(process.platform !== 'linux')('a disk that takes no more leaves nothing behind', () => {
    // The shell's limit on the size of files stands for a full disk: writing beyond 8 KiB fails half-way.
    const words = [process.execPath, '--conditions=source', MAIN, ...INIT].map((word) => `'${word}'`).join(' ')
    const ran = spawnSync('sh', ['-c', `ulimit -f 16; exec ${words}`], { cwd: folder.path, input: CANARY, encoding: 'utf8' })
    expect(ran.status).toBe(74)
    expect(ran.stderr).toMatch(/store/)
    expect(inside()).toEqual([])
  })

  test('a folder for the configuration that is not there is said plainly', async () => {
    const ran = await cloakroom([...INIT, '--config', 'missing/cloakroom.yaml'], { cwd: folder.path, input: CANARY })
    expect([73, 74]).toContain(ran.code)
    expect(ran.err).not.toMatch(/mistake in cloakroom|at .*\.ts:/)
    expect(inside()).toEqual([])
  })

  test('in a git work tree the key and the data stay out of the repository', async () => {
    spawnSync('git', ['init', '-q', '.'], { cwd: folder.path })
    writeFileSync(join(folder.path, '.gitignore'), 'node_modules')
    await cloakroom([...INIT], { cwd: folder.path, input: CANARY })
    expect(readFileSync(join(folder.path, '.gitignore'), 'utf8')).toBe('node_modules\n/cloakroom.key\n/data\n')
    const status = spawnSync('git', ['status', '--short'], { cwd: folder.path, encoding: 'utf8' }).stdout
    expect(status).toContain('cloakroom.yaml')
    expect(status).not.toMatch(/key|data/)
  })

  test('--json prints one value and nothing else', async () => {
    const ran = await cloakroom([...INIT, '--json'], { cwd: folder.path, input: CANARY })
    expect(JSON.parse(ran.out)).toMatchObject({ api: 'shop', credential: 'shop-key' })
    const again = await cloakroom([...INIT, '--json'], { cwd: folder.path, input: CANARY })
    expect(JSON.parse(again.out)).toMatchObject({ error: { exit: 73 } })
    expect(again.err).toBe('')
  })
})

describe('cloakroom init --https', () => {
  test('makes a certificate that check accepts, and says how to trust it', async () => {
    spawnSync('git', ['init', '-q', '.'], { cwd: folder.path })
    const ran = await cloakroom([...INIT, '--https'], { cwd: folder.path, input: CANARY })
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/https:\/\/localhost:8080[\s\S]*development-authority\.pem/)
    expect(statSync(join(folder.path, 'certs/development-key.pem')).mode & 0o077).toBe(0)
    expect(readFileSync(join(folder.path, '.gitignore'), 'utf8')).toContain('/certs\n')
    expect((await cloakroom(['check'], { cwd: folder.path })).code).toBe(0)
  })

  test('a certs folder that somebody else filled is left alone, and nothing else is written', async () => {
    mkdirSync(join(folder.path, 'certs'))
    writeFileSync(join(folder.path, 'certs/mine.pem'), 'mine')
    const ran = await cloakroom([...INIT, '--https'], { cwd: folder.path, input: CANARY })
    expect(ran.code).toBe(73)
    expect(inside()).toEqual(['certs'])
    expect(readdirSync(join(folder.path, 'certs'))).toEqual(['mine.pem'])
  })
})

describe.skipIf(!HAS_TERMINAL)('cloakroom init on a terminal', () => {
  const questions = [
    { on: 'Where is the API?', type: 'api.shop.example.com/v1\r' },
    { on: 'A short name', type: '\r' },
    { on: 'Where shall the website call it?', type: '\r' },
    { on: 'How does it want its secret?', type: '\r' },
    { on: 'What may the website do?', type: '\r' },
    { on: 'Who may call it?', type: '\r' },
    { on: 'The website', type: '\r' },
  ] as const

  test('asks, proposes, hides the secret, and writes what was answered', async () => {
    const ran = await atTerminal(['init'], folder.path, [
      ...questions,
      { on: 'The secret that api.shop.example.com wants', type: `${CANARY}\r` },
    ])
    expect(ran.code).toBe(0)
    expect(ran.screen).not.toContain(CANARY)
    expect(ran.screen).toContain('Recovery passphrase')
    expect(readFileSync(join(folder.path, 'cloakroom.yaml'), 'utf8')).toMatch(
      / {2}shop:\n {4}path: \/api\/shop .*\n {4}upstream: https:\/\/api\.shop\.example\.com\/v1\n {4}credential: shop-key/,
    )
    expect((await cloakroom(['check'], { cwd: folder.path })).code).toBe(0)
  })

  test('a terminal that does not know its size is asked in whole lines; a URL pasted behind https:// is taken as it was meant', async () => {
    const pasted = [{ on: 'Where is the API?', type: 'https://api.shop.example.com/v1\r' }, ...questions.slice(1)]
    const ran = await atTerminal(
      ['init'],
      folder.path,
      [...pasted, { on: 'The secret that api.shop.example.com wants', type: `${CANARY}\r` }],
      {},
      'cols 0 rows 0',
    )
    expect(ran.code).toBe(0)
    expect(readFileSync(join(folder.path, 'cloakroom.yaml'), 'utf8')).toContain('    upstream: https://api.shop.example.com/v1\n')
  })

  test.each([
    ['the first question', questions.slice(0, 0), 'Where is the API?'],
    ['the secret', questions, 'The secret that'],
  ])('Ctrl-C at %s leaves nothing behind', async (_where, before, on) => {
    const ran = await atTerminal(['init'], folder.path, [...before, { on, type: '\u0003' }])
    expect(ran.code).toBe(130)
    expect(inside()).toEqual([])
  })

  test('a flag that cannot be used is refused before the first question, unsafe answers before the secret is asked for', async () => {
    const flag = await atTerminal(['init', '--upstream', 'api.example.com'], folder.path, [])
    expect(flag.code).toBe(64)
    const unsafe = await atTerminal(['init', '--access', 'public', '--allow', 'POST /x'], folder.path, [
      ...questions.slice(0, 4),
      { on: 'The website', type: '\r' },
    ])
    expect(unsafe.code).toBe(78)
    expect(unsafe.screen).not.toContain('The secret that')
    expect(inside()).toEqual([])
  })

  test('NO_COLOR turns colours off', async () => {
    await cloakroom([...INIT], { cwd: folder.path, input: CANARY })
    const plain = await atTerminal(['check', '--config', 'none.yaml'], folder.path, [], { NO_COLOR: '1' })
    expect(plain.screen).not.toContain('\u001b[')
    const coloured = await atTerminal(['check', '--config', 'none.yaml'], folder.path, [], { NO_COLOR: '' })
    expect(coloured.screen).toContain('\u001b[31m')
  })
})
