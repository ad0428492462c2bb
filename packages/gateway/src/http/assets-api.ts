import type { Answer } from '../answer.ts'
import type { Call } from './endpoint.ts'
import { PAGE_SCRIPT } from './pages/script.ts'
import { styleSheet } from './pages/style.ts'
import { refuse } from './say.ts'
import { apiHeaders } from './security-headers.ts'

export function styles(call: Call): Answer {
  return asset(call, 'text/css; charset=utf-8', Buffer.from(styleSheet(call.parts.theme)))
}

export function pageScript(call: Call): Answer {
  return asset(call, 'text/javascript; charset=utf-8', Buffer.from(PAGE_SCRIPT))
}

export async function logo(call: Call): Promise<Answer> {
  const { logo } = call.parts.theme
  return logo === null ? await refuse(call, 'not_found') : asset(call, logo.type, logo.bytes)
}

/** The same for every visitor, so it may be kept; under another version's address it may not. */
export function asset({ head, page }: Call, type: string, body: Uint8Array): Answer {
  const isCurrent = head.query === `v=${page.version}`
  return {
    status: 200,
    // An SVG that is opened by itself is a document: the policy for API answers keeps its scripts from running, and so its styles.
    headers: [['content-type', type], ['cache-control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache'], ...apiHeaders()],
    body,
  }
}
