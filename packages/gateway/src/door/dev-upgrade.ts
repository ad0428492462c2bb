import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isLoopbackName } from '../decide/admit.ts'
import type { RequestHead } from '../decide/head.ts'
import type { Reply } from '../decide/facts.ts'
import { senderOf } from '../decide/origin.ts'
import { type FailureCode, GateError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { tunnelToDevServer } from '../site/tunnel.ts'
import { type HeadOptions, readHead } from './read-request.ts'
import { refuseRaw } from './refuse.ts'

export interface DevUpgradeOptions extends Pick<HeadOptions, 'policy' | 'clock' | 'newRequestId'> {
  readonly gateway: Pick<Gateway, 'judge'>
}

type Upgrade = (request: IncomingMessage, socket: Duplex, firstBytes: Buffer) => void

const MOST_TUNNELS = 64
const MOST_TARGET_BYTES = 8192

/**
 * The WebSocket of a dev server's hot reload: for pages of our own origin, to a dev server on this machine, where the judgement lets
 * the same visitor have the site. Everything else gets a refusal and its connection is closed.
 */
export function upgradeToDevServer(origin: string, options: DevUpgradeOptions): Upgrade {
  const there = new URL(origin)
  const onThisMachine = there.protocol === 'http:' && isLoopbackName(there.host)
  let tunnels = 0

  return (request, socket, firstBytes) => {
    const refuse = (code: FailureCode): void => {
      socket.once('finish', () => socket.destroy())
      refuseRaw(socket, code, options.newRequestId())
    }
    // A browser that goes away while we think must not end the process.
    socket.on('error', () => socket.destroy())
    const head = readHead(request, { ...options, maxTargetBytes: MOST_TARGET_BYTES })
    if (typeof head === 'string') {
      refuse(head)
      return
    }
    if (tunnels >= MOST_TUNNELS) {
      refuse('busy')
      return
    }
    tunnels += 1
    void judgeAndTunnel(head, request, socket, firstBytes, refuse)
  }

  async function judgeAndTunnel(
    head: RequestHead,
    request: IncomingMessage,
    socket: Duplex,
    firstBytes: Buffer,
    refuse: (code: FailureCode) => void,
  ): Promise<void> {
    const done = (): void => {
      tunnels -= 1
    }
    const code = await judged(head, request)
    if (code === null) {
      tunnelToDevServer(head, socket, firstBytes, { origin: there.origin, refuse, done })
      return
    }
    done()
    refuse(code)
  }

  /** A missing or broken judgement is a refusal. */
  async function judged(head: RequestHead, request: IncomingMessage): Promise<FailureCode | null> {
    try {
      return await mayUpgrade(head, request, onThisMachine, options)
    } catch (cause) {
      return cause instanceof GateError ? cause.code : 'internal'
    }
  }
}

async function mayUpgrade(
  head: RequestHead,
  request: IncomingMessage,
  onThisMachine: boolean,
  { policy, gateway }: DevUpgradeOptions,
): Promise<FailureCode | null> {
  if (!onThisMachine) return 'not_found'
  if (head.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') return 'bad_request'
  // Cross-site WebSocket hijacking: the same-origin policy does not cover WebSockets, the Origin field that browsers always send does.
  if (senderOf(head, policy()) !== 'own' || head.headers.get('origin') !== policy().publicOrigin) return 'cross_site'
  const decision = await gateway.judge(head)
  if (decision === 'own') return 'not_found'
  if (decision.verdict === 'refuse') return refusalOf(decision.reply)
  return decision.route.kind === 'site' ? null : 'not_found'
}

function refusalOf(reply: Reply): FailureCode {
  switch (reply.kind) {
    case 'problem':
      return reply.code
    case 'challenge':
    case 'tarpit':
    case 'decoy':
      return reply.status === 404 ? 'not_found' : 'blocked'
    case 'login':
      return 'session_required'
    case 'step-up':
      return 'step_up_required'
    case 'enrol':
      return 'second_factor_required'
    case 'redirect':
    case 'options':
      return 'misdirected'
  }
}
