import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, type Called } from '../call.ts'
import { type Installation, install, signIn, PASSWORD, type Started } from '../started.ts'

/** Limits of a process that runs can be changed from outside with util-linux' prlimit. */
const CAN_LIMIT = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
const PATH = '/api/shop/products'

let installed: Installation
beforeEach(async () => {
  installed = await install('canary-system-4Zk8Qw2LmX9')
  // The signal of a file that grew beyond its limit would end the process; on a full disk there is only the error.
  writeFileSync(join(installed.folder, 'node.sh'), `#!/bin/sh\ntrap '' XFSZ\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 })
  // A visitor's calls are counted: each of them writes.
  installed.edit((text) => text.replace('access: login', 'access: visitor'))
})
afterEach(() => installed.remove())

const start = (): Promise<Started> => installed.start({ node: join(installed.folder, 'node.sh') })

function limit(started: Started, ...limits: readonly string[]): void {
  execFileSync('prlimit', ['--pid', String(started.child.pid), ...limits])
}

async function until<T>(attempt: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let round = 0; ; round += 1) {
    const value = await attempt()
    if (holds(value) || round === 100) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const health = (started: Started): Promise<Called> => call(started.adminPort, 'GET', '/healthz', { from: 'none' })

describe.runIf(CAN_LIMIT)('a full disk', () => {
  test('SES-22 whatever must be written is refused, the cookie stays, the health check tells, and room again is enough', async () => {
    const started = await start()
    const visit = await call(started.port, 'POST', '/auth/visit')
    const cookie = visit.header('set-cookie')?.split(';', 1)[0] ?? ''
    expect((await call(started.port, 'GET', PATH, { cookie })).status).toBe(200)
    limit(started, '--fsize=1:unlimited')
    const sent = installed.upstream.requests.length
    const refused = await call(started.port, 'GET', PATH, { cookie })
    expect({ status: refused.status, cookies: refused.all('set-cookie') }).toEqual({ status: 503, cookies: [] })
    const login = await call(started.port, 'POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })
    expect({ status: login.status, cookies: login.all('set-cookie') }).toEqual({ status: 503, cookies: [] })
    expect(installed.upstream.requests).toHaveLength(sent)
    const sick = await health(started)
    expect(sick.status).toBe(503)
    expect(sick.text).toContain('"disk"')
    limit(started, '--fsize=unlimited')
    const again = await until(
      () => call(started.port, 'GET', PATH, { cookie }),
      ({ status }) => status === 200,
    )
    expect(again.status).toBe(200)
    expect(
      (
        await until(
          () => health(started),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200)
    expect(await started.end('SIGTERM')).toBe(0)
  })
})

describe.runIf(CAN_LIMIT)('no file descriptors left', () => {
  test('HTTP-18 visitors beyond the limit are turned away, those who are in are answered, and the rest recovers', async () => {
    const started = await start()
    const cookie = await signIn(started.port)
    expect((await call(started.port, 'GET', PATH, { cookie })).status).toBe(200)
    const used = readdirSync(`/proc/${started.child.pid}/fd`).length
    limit(started, `--nofile=${used + 16}:20000`)
    const crowd = await Promise.all(Array.from({ length: 100 }, () => idle(started.port)))
    try {
      const answers = await Promise.all(Array.from({ length: 20 }, () => attempt(started.port, cookie)))
      // No answer at all, or a refusal, or the upstream's: never anything else.
      for (const status of answers) expect([0, 200, 502, 503]).toContain(status)
      expect(started.child.exitCode).toBeNull()
    } finally {
      for (const socket of crowd) socket.destroy()
    }
    const after = await until(
      () => attempt(started.port, cookie),
      (status) => status === 200,
    )
    expect(after).toBe(200)
    expect(await started.end('SIGTERM')).toBe(0)
  })
})

function idle(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', () => resolve(socket))
  })
}

async function attempt(port: number, cookie: string): Promise<number> {
  try {
    return (await call(port, 'GET', PATH, { cookie })).status
  } catch {
    return 0
  }
}

describe('a store that cannot be used from the start', () => {
  test.each(['hot.sqlite', 'durable.sqlite'])('SES-22 %s is no database: the gateway does not start, and says which file', async (name) => {
    const path = join(installed.folder, 'data', name)
    const handle = openSync(path, 'r+')
    writeSync(handle, Buffer.alloc(statSync(path).size, 'noise'), 0)
    await expect(start()).rejects.toThrow(name)
    expect(installed.upstream.connections).toBe(0)
  })

  test('SES-22 a data folder that cannot be written to: the gateway does not start', async () => {
    const data = join(installed.folder, 'data')
    const asRoot = process.getuid?.() === 0
    // Root may write anywhere: the gateway runs as somebody else then.
    if (asRoot) {
      const user = `exec setpriv --reuid=65534 --regid=65534 --clear-groups '${process.execPath}' "$@"`
      writeFileSync(join(installed.folder, 'node.sh'), `#!/bin/sh\n${user}\n`, { mode: 0o755 })
      for (const name of ['.', ...readdirSync(installed.folder, { recursive: true, encoding: 'utf8' })])
        chownSync(join(installed.folder, name), 65_534, 65_534)
    }
    for (const name of readdirSync(data)) chmodSync(join(data, name), 0o400)
    chmodSync(data, 0o500)
    await expect(start()).rejects.toThrow(/ended with [1-9]/)
    chmodSync(data, 0o700)
    expect(installed.upstream.connections).toBe(0)
  })
})
