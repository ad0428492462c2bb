/**
 * What the website's pages may load and do unless the owner widens it. Scripts, calls, frames and workers come from our own origin only:
 * an injected script has nowhere to send what it reads. Inline styles stay allowed, because most component libraries write them and
 * they can load nothing from elsewhere; `base-uri` is ours, because client-side routers write a `<base>`; `data:` and `blob:` images are made by the page itself. Nobody may frame us (clickjacking).
 */
export const SITE_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; " +
  "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

/** What a dev server needs beyond that: hot reload speaks over a WebSocket and writes scripts and styles into the page. */
export const DEVELOPMENT_SOURCES: Readonly<Record<string, readonly string[]>> = {
  'script-src': ["'unsafe-inline'", "'unsafe-eval'", 'blob:'],
  'style-src': ["'unsafe-inline'"],
  'connect-src': ['ws:', 'wss:'],
}

export type Widened =
  | { readonly kind: 'policy'; readonly text: string }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }

/**
 * Adds sources to a policy, by directive: `{ 'img-src': ['https://cdn.example'] }`. A directive that the policy does not name starts from
 * `default-src` where browsers would fall back to it, so that adding never takes anything away.
 */
export function widenPolicy(policy: string, additions: Readonly<Record<string, readonly string[]>>): Widened {
  const before = readPolicy(policy)
  const directives = new Map(before)
  const problems: string[] = []
  for (const [name, sources] of Object.entries(additions)) {
    if (!FETCH.has(name) && !OTHER.has(name)) problems.push(`${name} is not a directive of Content-Security-Policy that can be widened`)
    for (const source of sources) {
      if (!/^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(source))
        problems.push(`${name}: ${JSON.stringify(source)} is not a source: no spaces, commas, semicolons`)
      else if (KEYWORD.test(source)) problems.push(`${name}: write '${source}' with its single quotes`)
    }
    const present = inForce(name, before)
    const merged = [...new Set([...present, ...sources])]
    // 'none' beside another source means nothing to a browser.
    directives.set(name, merged.length > 1 ? merged.filter((source) => source !== "'none'") : merged)
  }
  if (problems.length > 0) return { kind: 'refused', problems }
  return { kind: 'policy', text: [...directives].map(([name, sources]) => [name, ...sources].join(' ')).join('; ') }
}

const FETCH: ReadonlySet<string> = new Set([
  'child-src',
  'connect-src',
  'default-src',
  'font-src',
  'frame-src',
  'img-src',
  'manifest-src',
  'media-src',
  'object-src',
  'script-src',
  'script-src-attr',
  'script-src-elem',
  'style-src',
  'style-src-attr',
  'style-src-elem',
  'worker-src',
])
const OTHER: ReadonlySet<string> = new Set([
  'base-uri',
  'form-action',
  'frame-ancestors',
  'sandbox',
  'trusted-types',
  'require-trusted-types-for',
])
const KEYWORD = /^(?:self|none|unsafe-inline|unsafe-eval|wasm-unsafe-eval|strict-dynamic|report-sample)$|^(?:nonce|sha256|sha384|sha512)-/

/** CSP3 §6.8.3: where browsers look when a directive is missing. */
const FALLBACK: Readonly<Record<string, readonly string[]>> = {
  'script-src-elem': ['script-src'],
  'script-src-attr': ['script-src'],
  'style-src-elem': ['style-src'],
  'style-src-attr': ['style-src'],
  'worker-src': ['child-src', 'script-src'],
  'frame-src': ['child-src'],
}

function inForce(name: string, directives: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const names = FETCH.has(name) ? [name, ...(FALLBACK[name] ?? []), 'default-src'] : [name]
  for (const candidate of names) {
    const sources = directives.get(candidate)
    if (sources !== undefined) return sources
  }
  return []
}

function readPolicy(policy: string): Map<string, readonly string[]> {
  const directives = new Map<string, readonly string[]>()
  for (const part of policy.split(';')) {
    const [name = '', ...sources] = part.trim().split(/\s+/)
    // The first of two directives of one name counts, as in a browser.
    if (name !== '' && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
  }
  return directives
}
