import { request } from 'node:http'
import type { Config } from '../config/paths.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'

/** Longer than the gateway's own probes may take. */
const ASK_MS = 4000
const MOST_CHARACTERS = 4096

/** Asks the gateway that runs with this configuration how it is: the health check for containers and supervisors, which need no other tool. */
export async function checkRunning(config: Config): Promise<Outcome> {
  const { host, port } = config.admin.listen
  if (port === 0)
    return failed(EXIT.configuration, 'The admin listener has no port of its own.', 'Write one into `admin.listen`, as in 127.0.0.1:9090.')
  const said = await askHealth(host ?? '127.0.0.1', port)
  if (said.kind === 'nobody')
    return failed(EXIT.unavailable, 'No gateway answers on the admin listener.', `Is it running? ${said.why} on port ${port}.`)
  const { status, text } = said
  if (status === 200) return done('The gateway is healthy.', { status: 'ok' })
  const failing = /"failing":\[([a-z",-]*)\]/.exec(text)?.[1]?.replaceAll('"', '').replaceAll(',', ', ') ?? `status ${status}`
  return failed(EXIT.failed, `The gateway is not healthy: ${failing}.`, 'The log says why.')
}

type Said = { readonly kind: 'answer'; readonly status: number; readonly text: string } | { readonly kind: 'nobody'; readonly why: string }

export function askHealth(host: string, port: number): Promise<Said> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: '/healthz', agent: false, signal: AbortSignal.timeout(ASK_MS) }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => {
        if (text.length < MOST_CHARACTERS) text += piece
      })
      answer.on('end', () => resolve({ kind: 'answer', status: answer.statusCode ?? 0, text }))
    })
    asked.on('error', (cause) => resolve({ kind: 'nobody', why: 'code' in cause ? String(cause.code) : cause.name }))
    asked.end()
  })
}
