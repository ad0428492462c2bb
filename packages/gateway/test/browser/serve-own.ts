import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from '../../src/answer.ts'
import type { Policy } from '../../src/decide/policy.ts'
import { nodeDoor } from '../../src/door/node.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { ThemeWishes } from '../../src/http/pages/theme.ts'
import { type Kit, makeKit } from '../own-endpoints.ts'

export interface Served {
  readonly origin: string
  readonly kit: Kit
  readonly server: Server
}

/** The own endpoints behind a real listener on loopback; what is not theirs is an empty page of the website. */
export async function serveOwn(
  theme: Partial<ThemeWishes> = {},
  change: Partial<Policy> = {},
  more: Pick<NonNullable<Parameters<typeof makeKit>[0]>, 'mail'> = {},
): Promise<Served> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const host = `localhost:${String(port)}`
  const kit = makeKit({ ...more, theme, policy: { publicOrigin: `http://${host}`, publicHost: host, ...change } })
  await kit.addAccount()
  const site: Answer = {
    status: 200,
    headers: [['content-type', 'text/html']],
    body: Buffer.from('<!doctype html><title>The shop</title>'),
  }
  const gateway: Gateway = {
    judge: () => Promise.reject(new Error('not asked here')),
    handle: (head, body) => (head.path.startsWith('/auth') ? kit.endpoints.answer(head, body, kit.policy) : Promise.resolve(site)),
  }
  server.on(
    'request',
    nodeDoor(gateway, {
      policy: () => kit.policy,
      clock: kit.now,
      newRequestId: () => 'request-1',
      maxTargetBytes: 8192,
      maxRequests: 100,
    }),
  )
  return { origin: `http://${host}`, kit, server }
}
