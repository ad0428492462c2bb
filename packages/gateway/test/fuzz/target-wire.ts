import { connect } from 'node:net'
import { call } from '../call.ts'
import { ANSWER_PIECES, ANSWERS, REQUEST_PIECES, REQUESTS } from './corpus.ts'
import type { FuzzedGateway } from './gateway.ts'
import { mutate } from './mutate.ts'
import type { Target } from './target.ts'

/** Raw bytes at the listener: one connection each, written in one or two pieces. */
export function listenerTarget(fuzzed: FuzzedGateway): Target {
  const filled = (text: string): Buffer => Buffer.from(text.replaceAll('COOKIE', fuzzed.cookie).replaceAll('HOST', fuzzed.host), 'latin1')
  return {
    name: 'listener',
    atOnce: 32,
    make: (dice) => {
      const first = mutate(filled(dice.pick(REQUESTS)), dice, REQUEST_PIECES)
      // What follows on the same connection must not be read as part of it, nor the other way round.
      return dice.once(4) ? Buffer.concat([first, filled(dice.pick(REQUESTS))]) : first
    },
    async run(input) {
      const bytes = await exchange(fuzzed.port, input)
      if (fuzzed.leaks(bytes)) return 'the secret came back'
      if (bytes.includes('cloakroom-error: internal')) return 'status 500'
      return null
    },
    async settle() {
      const [wrong] = fuzzed.unjudged()
      if (wrong !== undefined) return wrong
      const headers = [['cookie', fuzzed.cookie]] as const
      const { status } = await call(fuzzed.port, 'GET', '/api/shop/products/1', { host: fuzzed.host, headers })
      return status === 200 ? null : `an ordinary request got ${status} afterwards`
    },
  }
}

/** An upstream that answers with noise; the visitor's request is an ordinary one. */
export function answerTarget(fuzzed: FuzzedGateway): Target {
  return {
    name: 'upstream answer',
    // The answer is the same for all requests of a moment.
    atOnce: 1,
    make: (dice) => mutate(Buffer.from(dice.pick(ANSWERS).replaceAll('SECRET', fuzzed.secret), 'latin1'), dice, ANSWER_PIECES),
    async run(input) {
      const text = Buffer.from(input).toString('latin1').replaceAll('SECRET', fuzzed.secret)
      fuzzed.answerWith(Buffer.from(text, 'latin1'))
      const answer = await call(fuzzed.port, 'GET', '/api/shop/products/1', { host: fuzzed.host, cookie: fuzzed.cookie })
      fuzzed.answerWith(null)
      const next = await call(fuzzed.port, 'GET', '/api/shop/products/2', { host: fuzzed.host, cookie: fuzzed.cookie })
      if (next.status !== 200 || next.text !== '{}') return `the next request got ${next.status} ${next.text.slice(0, 80)}`
      if (fuzzed.leaks(answer.raw)) return 'the secret came back'
      if (answer.all('set-cookie').some((line) => line.includes('__Host-Http-'))) return 'the upstream set a cookie of ours'
      if (answer.header('cloakroom-error') === 'internal') return 'status 500'
      // 0: the answer broke off before its head was out.
      return answer.status === 0 || (answer.status >= 200 && answer.status <= 599) ? null : `status ${answer.status}`
    },
    settle: () => Promise.resolve(fuzzed.unjudged()[0] ?? null),
  }
}

/** Sends all, says that nothing more comes, and collects until the other side closes or is silent. */
function exchange(port: number, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(bytes))
    socket.setTimeout(30, () => socket.destroy())
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}
