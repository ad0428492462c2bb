import type { Answer, Target } from './target.ts'

/** Bytes of an answer's body that are kept; the rest is not read. */
const keptBody = 65_536

/** How a JWT is sent over HTTP. */
export type HttpOptions = {
  /** `Name: value` with `{jwt}` where the JWT goes. */
  readonly header: string
  readonly timeoutMs: number
}

/** True for addresses of this machine: localhost, 127.0.0.0/8 and [::1]. Names that merely resolve there do not count, since they can change. */
export function isLoopback(url: URL): boolean {
  const { hostname } = url
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}

/** A verifier behind a URL: 2xx means accepted, 5xx broken, everything else refused. Redirects are not followed, so a JWT goes to this URL alone. */
export function httpTarget(url: URL, { header, timeoutMs }: HttpOptions): Target {
  const cut = header.indexOf(':')
  const name = header.slice(0, cut).trim()
  const template = header.slice(cut + 1).trim()
  return {
    name: `GET ${url.origin}${url.pathname}`,
    scheme: /^bearer /i.test(template) ? 'Bearer' : /^dpop /i.test(template) ? 'DPoP' : 'other',
    send: async (jwt) => {
      const start = performance.now()
      const value = template.replaceAll('{jwt}', () => jwt)
      // oxlint-disable-next-line no-control-regex -- a header value cannot carry control characters; trimming would change the test
      if (/[\u0000-\u001f\u007f-\uffff]/.test(value) || value.trim() !== value)
        return { outcome: 'unsendable', status: 0, body: '', milliseconds: 0 }
      const answer = await request(url, { [name]: value }, timeoutMs)
      return { ...answer, milliseconds: performance.now() - start }
    },
  }
}

async function request(url: URL, headers: Record<string, string>, timeoutMs: number): Promise<Omit<Answer, 'milliseconds'>> {
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const { status } = response
    return {
      outcome: status >= 200 && status < 300 ? 'accepted' : status >= 500 ? 'broken' : 'refused',
      status,
      body: await boundedText(response),
    }
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError'
    return { outcome: late ? 'silent' : 'broken', status: 0, body: '' }
  }
}

async function boundedText(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  while (text.length < keptBody) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}
