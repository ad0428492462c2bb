import { Pool } from 'undici'
import type { Answer } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'
import type { HeaderField } from '../decide/headers.ts'
import { GateError } from '../errors.ts'
import { redirect } from '../http/render.ts'
import { siteHeaders } from '../http/security-headers.ts'
import type { SitePart } from '../parts.ts'
import { DEVELOPMENT_SOURCES, SITE_POLICY, widenPolicy } from './content-policy.ts'
import { fieldsFromDevServer, fieldsToDevServer } from './dev-fields.ts'
import { lengthOnly } from './file-body.ts'
import { streamBody } from './stream-body.ts'

export interface DevServerSiteOptions {
  /** Where it listens: `http://localhost:5173`. */
  readonly origin: string
  /** The site's policy; hot reload's needs are added. */
  readonly csp: string
}

/** A first request may wait for a bundler to look at all dependencies. */
const HEAD_MS = 60_000
const BODY_MS = 300_000

/** The website from a dev server. GET and HEAD go there without any credential, answers stream back; its WebSocket has its own way (tunnel.ts). */
export function createDevServerSite({ origin, csp }: DevServerSiteOptions): SitePart {
  const there = new URL(origin).origin
  const pool = new Pool(there, { connections: 32, headersTimeout: HEAD_MS, bodyTimeout: BODY_MS, allowH2: false })
  const security = siteHeaders(loosened(csp))

  return {
    async answer(head) {
      const { statusCode, headers, body } = await ask(pool, head, there)
      const fields = flat(headers)
      const location = fields.find(([name]) => name === 'location')?.[1]
      if (location !== undefined && isRedirect(statusCode)) {
        body.on('error', () => undefined).destroy()
        return redirectHome(location, there)
      }
      const answer = { status: statusCode, headers: [...security, ...fieldsFromDevServer(fields)] }
      const length = lengthOf(fields)
      if (head.method === 'HEAD' || statusCode === 204 || statusCode === 304) {
        body.on('error', () => undefined).resume()
        return { ...answer, body: head.method === 'HEAD' && length !== null ? lengthOnly(length) : null }
      }
      return { ...answer, body: streamBody(body, length) }
    },
  }
}

function ask(pool: Pool, head: RequestHead, there: string): ReturnType<Pool['request']> {
  const path = head.path + (head.query === '' ? '' : `?${head.query}`)
  const method = head.method === 'HEAD' ? 'HEAD' : 'GET'
  return pool.request({ path, method, headers: fieldsToDevServer(head) }).catch((cause: unknown) => {
    throw new GateError('upstream_unreachable', `the dev server at ${there} does not answer; is it running?`, { cause })
  })
}

/** A policy that cannot be read is not loosened either: the site's default is. */
function loosened(csp: string): string {
  for (const policy of [csp, SITE_POLICY]) {
    const widened = widenPolicy(policy, DEVELOPMENT_SOURCES)
    if (widened.kind === 'policy') return widened.text
  }
  return csp
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): readonly HeaderField[] {
  return Object.entries(headers).flatMap(([name, value]): HeaderField[] => {
    if (value === undefined) return []
    return typeof value === 'string' ? [[name, value]] : value.map((line): HeaderField => [name, line])
  })
}

function lengthOf(fields: readonly HeaderField[]): number | null {
  const text = fields.find(([name]) => name === 'content-length')?.[1]
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304
}

/** Its own address in a redirect becomes ours; a redirect to elsewhere would take the page out of the gateway. */
function redirectHome(location: string, there: string): Answer {
  const target = URL.parse(location, there)
  if (target === null || target.origin !== there) throw new GateError('upstream_redirect', 'the dev server points to another origin')
  // 303: a page that was asked for is asked for again, and nothing else can be asked of a site.
  return redirect(303, target.pathname.replace(/^\/+/, '/') + target.search + target.hash)
}
