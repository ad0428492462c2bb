import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeDoor } from '../src/door/node.ts'
import { listen, type ServerLimits } from '../src/door/server.ts'
import { GateError } from '../src/errors.ts'
import { createForward } from '../src/forward/forward.ts'
import { createSpine } from '../src/gateway.ts'
import { problem } from '../src/http/problem.ts'
import { makeApi, makePolicy, makeRoute } from './fixtures.ts'

/** A server that raw bytes can be sent to. */
export interface Contestant {
  readonly port: number
  close(): Promise<void>
}

export interface FrontOptions {
  readonly limits?: Partial<ServerLimits>
  readonly stallMs?: number
}

/**
 * The gateway's door, judgement and way out in front of an upstream, with one public API at the root, so that paths are the same on
 * both sides. Methods: GET, HEAD and POST.
 */
export async function startFront(upstreamOrigin: string, options: FrontOptions = {}): Promise<Contestant> {
  // A body of a gigabyte may be announced: 413 is right for it, but some tests want to see what happens while it does not come.
  const limits = { ...makeApi().limits, requestBytes: 2 ** 30 }
  const api = makeApi({ prefix: '', upstreamOrigin, upstreamPath: '', credential: null, access: { kind: 'public' }, limits })
  let policy = makePolicy()
  const forward = createForward()
  const gone = (): never => {
    throw new GateError('store_unavailable', 'not part of this test')
  }
  const gateway = createSpine({
    policy: () => policy,
    sessions: { claim: () => null, touch: gone, end: gone },
    visits: { open: () => null, start: gone },
    counters: { add: gone },
    vault: { open: gone },
    forward,
    endpoints: { answer: (head) => Promise.resolve(problem('not_found', { request: head.id })) },
    site: null,
    audit: { note: () => undefined, commit: () => Promise.resolve() },
    observer: { access: () => undefined, failure: () => undefined },
    pseudonym: 'cloakroom',
  })
  const newRequestId = (): string => randomUUID()
  const door = nodeDoor(gateway, {
    policy: () => policy,
    clock: () => Date.now(),
    newRequestId,
    maxTargetBytes: 8192,
    maxRequests: 1000,
    ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
  })
  const listener = await listen(door, {
    host: '127.0.0.1',
    port: 0,
    key: 'listen',
    limits: {
      headerBytes: 16_384,
      headerFields: 100,
      headMs: 15_000,
      requestMs: 60_000,
      keepAliveMs: 65_000,
      connections: 1000,
      ...options.limits,
    },
    tls: null,
    newRequestId,
    upgrade: null,
  })
  const host = `localhost:${listener.port}`
  policy = makePolicy({
    publicOrigin: `http://${host}`,
    publicHost: host,
    apis: [api],
    routes: ['GET /**', 'POST /**'].map((line) => makeRoute(api, line)),
    site: null,
  })
  return {
    port: listener.port,
    async close() {
      await listener.close(0)
      await forward.close()
    },
  }
}

/** node:http alone, doing what the probes ask of an upstream. */
export async function startBareNode(): Promise<Contestant> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      response.setHeader('content-type', 'text/plain')
      if (request.method === 'POST') response.end(Buffer.concat(chunks))
      else if (request.url === '/echo')
        response.end(request.rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\n`)).join(''))
      else response.end('OK')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Where nginx is; null when it is not installed. */
export function findNginx(): string | null {
  for (const path of ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx']) {
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue
    }
  }
  return null
}

/** nginx as a plain reverse proxy (`proxy_pass` without a path: what it got is what it sends), in a temporary folder. */
export async function startNginx(program: string, upstreamOrigin: string): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(folder, name)};`).join(' ')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; master_process off; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')};
events { worker_connections 512; }
http { access_log off; ${temporary}
  upstream echo { server ${new URL(upstreamOrigin).host}; keepalive 8; }
  server { listen 127.0.0.1:${port}; location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://echo; } } }
`,
  )
  const child: ChildProcess = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
    stdio: 'ignore',
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (let attempt = 0; !(await answers(port)); attempt += 1) {
    if (attempt > 100 || child.exitCode !== null) throw new Error(`nginx did not start: ${readFileSync(join(folder, 'error.log'), 'utf8')}`)
  }
  return {
    port,
    async close() {
      child.kill('SIGQUIT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
      await exited
      clearTimeout(timer)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

/** True when somebody listens; else a moment later. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => setTimeout(() => resolve(false), 50))
  })
}
