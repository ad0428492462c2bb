import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const MOST_IDLE_BYTES = 125e6

/** Packs the packages as a user would get them, installs them into an empty folder and runs them there. Exit 1 when anything is amiss. */
const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'cloakroom-smoke-'))
try {
  const packed = ['cloakroom', '@cloakroom/jwt-check', '@cloakroom/client', '@cloakroom/signature']
  const pack = ['pack', '--silent', '--pack-destination', folder, ...packed.flatMap((name) => ['--workspace', name])]
  execFileSync('npm', pack, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  if (tarballs.length !== packed.length) throw new Error(`npm pack wrote ${tarballs.join(', ')}`)
  execFileSync('npm', ['init', '-y'], { cwd: folder, stdio: 'ignore' })
  execFileSync('npm', ['install', '--silent', '--no-fund', '--no-audit', ...tarballs.map((name) => `./${name}`)], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  expect('--version', ['--version'], 0, /^\d+\.\d+\.\d+/)
  expect('--help', ['--help'], 0, /init[\s\S]*secret[\s\S]*start/)
  expect('a wrong turn', ['strat'], 64, /start/)
  expect('check without a configuration', ['check'], 78, /cloakroom\.yaml/)
  const checked = spawnSync(process.execPath, ['node_modules/@cloakroom/jwt-check/bin/jwt-check.js'], {
    cwd: folder,
    input: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.',
    encoding: 'utf8',
  })
  if (checked.status !== 1 || !checked.stdout.includes('JWT-01'))
    throw new Error(`jwt-check: exit ${checked.status}\n${checked.stdout}${checked.stderr}`)
  if (!readFileSync(join(folder, 'node_modules/@cloakroom/jwt-check/dist/page/jwt-check.html'), 'utf8').includes('<script'))
    throw new Error('the offline page of jwt-check is empty')
  console.log('ok: jwt-check and its page')
  signatures()
  if (process.platform === 'linux') console.log(`ok: a gateway without visitors holds ${(await idleBytes()) / 1e6} MB`)
  const client = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      'console.log(typeof (await import("@cloakroom/client")).createClient, await import("@cloakroom/client/react").catch((e) => e.message))',
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  // React is whoever's that uses the hook: nobody else gets it installed.
  if (!client.stdout.startsWith("function Cannot find package 'react'")) throw new Error(`the client: ${client.stdout}${client.stderr}`)
  console.log('ok: the client, and nothing installed that only its hook needs')
  const library = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', 'const c = await import("cloakroom"); console.log(typeof c.createGateway)'],
    { cwd: folder, encoding: 'utf8' },
  )
  if (library.stdout.trim() !== 'function') throw new Error(`import('cloakroom') failed:\n${library.stdout}${library.stderr}`)
  console.log('ok: the library can be imported')
  writeFileSync(
    join(folder, 'embed.mts'),
    `import { createGateway } from 'cloakroom'\nconst gateway = await createGateway({ apis: {} }, { folder: '.' })\nconst wrong: number = gateway.owns('/')\n`,
  )
  const types = spawnSync(
    join(root, 'node_modules/.bin/tsc'),
    ['--noEmit', '--module', 'nodenext', '--target', 'es2024', '--strict', '--types', '', 'embed.mts'],
    { cwd: folder, encoding: 'utf8' },
  )
  const complaints = types.stdout.split('\n').filter((line) => line.startsWith('embed.mts'))
  if (complaints.length !== 1 || !complaints[0]?.includes("'boolean' is not assignable to type 'number'"))
    throw new Error(`the types of the package do not reach a program:\n${types.stdout}`)
  console.log('ok: its types reach a program')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Makes a key with the packed command, signs a request, checks it, and a changed one; throws when either is judged wrongly. */
function signatures(): void {
  const command = join(folder, 'node_modules/@cloakroom/signature/bin/cloakroom-signature.js')
  const run = (...args: readonly string[]) => spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' })
  const url = 'https://api.example.com/orders'
  writeFileSync(join(folder, 'keys.json'), run('keygen', '--private', 'key.jwk').stdout)
  writeFileSync(join(folder, 'signed.txt'), run('sign', '--key', 'key.jwk', '--url', url).stdout)
  const verdicts = [url, `${url}/1`].map((each) => run('verify', '--keys', 'keys.json', '--fields', 'signed.txt', '--url', each).status)
  if (verdicts.join(' ') !== '0 1') throw new Error(`cloakroom-signature verify: exit ${verdicts.join(' and ')}, expected 0 and 1`)
  const entries = ['', '/node', '/express', '/fastify', '/hono', '/fetch', '/keys-file', '/node-keys']
  const imports = entries.map((entry) => `await import('@cloakroom/signature${entry}')`).join('; ')
  execFileSync(process.execPath, ['--input-type=module', '-e', imports], { cwd: folder })
  console.log('ok: @cloakroom/signature, its command and its middleware')
}

/** Of the resident memory of a gateway that has just started; throws when it is not under 125 MB after ten seconds: the aim is 120, and what of Node's own pages is resident varies. */
async function idleBytes(): Promise<number> {
  const bin = join(folder, 'node_modules/cloakroom/bin/cloakroom.js')
  const init = ['init', '--api', 'shop', '--upstream', 'http://127.0.0.1:9', '--place', 'bearer', '--yes']
  execFileSync(process.execPath, [bin, ...init], { cwd: folder, input: 'a-secret-of-the-smoke-test', stdio: ['pipe', 'ignore', 'ignore'] })
  const file = join(folder, 'cloakroom.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^(?:listen|publicUrl):.*\n/gm, ''))
  appendFileSync(file, 'listen: 127.0.0.1:0\nadmin: { listen: "127.0.0.1:0" }\n')
  const child = spawn(process.execPath, [bin, 'start', '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise((done, fail) => {
      child.stdout.once('data', done)
      child.once('exit', (code) => fail(new Error(`start: exit ${code}`)))
    })
    let bytes = Number.POSITIVE_INFINITY
    for (let look = 0; look < 100 && bytes >= MOST_IDLE_BYTES; look += 1) {
      await setTimeout(100)
      bytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024
    }
    if (!(bytes < MOST_IDLE_BYTES)) throw new Error(`a gateway without visitors holds ${bytes / 1e6} MB, more than 125`)
    return bytes
  } finally {
    child.removeAllListeners('exit')
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}

function expect(title: string, argv: readonly string[], code: number, text: RegExp): void {
  const run = spawnSync(process.execPath, ['node_modules/cloakroom/bin/cloakroom.js', ...argv], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  const output = run.stdout + run.stderr
  if (run.status !== code || !text.test(output)) throw new Error(`${title}: exit ${run.status}, expected ${code} and ${text}\n${output}`)
  console.log(`ok: ${title}`)
}
