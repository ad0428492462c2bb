import type { Answer } from '../answer.ts'
import { isNavigation, type RequestHead } from '../decide/head.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { Access } from '../decide/policy.ts'
import { problem } from '../http/problem.ts'
import { redirect } from '../http/render.ts'
import { siteHeaders } from '../http/security-headers.ts'
import type { SitePart } from '../parts.ts'
import { checkPreconditions, rangeStillFits } from './conditional.ts'
import { type ContentType, contentTypeOf } from './content-type.ts'
import { createFileCache } from './file-cache.ts'
import { lengthOnly } from './file-body.ts'
import { isHashedName } from './hashed-name.ts'
import { createLocator, type Located } from './locate.ts'
import { readRange } from './range.ts'
import { chooseRepresentation, type Representation } from './representation.ts'
import { readSitePath } from './site-path.ts'

export interface FolderSiteOptions {
  readonly folder: string
  /** Files and folders that are never served, wherever they are: configuration, keys, stores, logs. */
  readonly forbidden: readonly string[]
  /** Answer `index.html` to navigations that are no file. */
  readonly spa: boolean
  readonly csp: string
  /** Who may open the site: what not everybody may see must not stay in a shared cache. */
  readonly access: Access
  /** How long a browser may use a file without asking; files with a hash in their name are kept for a year. */
  readonly cacheMs: number
}

/** The website from a folder. Answers GET and HEAD; the judgement lets nothing else through. */
export function createFolderSite(options: FolderSiteOptions): SitePart {
  const locator = createLocator(options.folder, options.forbidden)
  const cache = createFileCache()
  const security = siteHeaders(options.csp)

  async function answer(head: RequestHead): Promise<Answer> {
    const found = find(head)
    if (found.kind === 'redirect') return redirect(308, found.location)
    if (found.kind === 'file') return (await serve(found.segments, head, 200)) ?? (await notFound(head))
    if (found.kind === 'none' && options.spa && wantsPage(head)) return (await serve(['index.html'], head, 200)) ?? (await notFound(head))
    return await notFound(head)
  }

  type Target =
    | { readonly kind: 'file'; readonly segments: readonly string[] }
    | { readonly kind: 'redirect'; readonly location: string }
    | { readonly kind: 'none' }
    /** Names that must not be looked up: no fallback, either. */
    | { readonly kind: 'refused' }

  /** The file itself, a folder's index.html, or the page of the name without `.html`. */
  function find(head: RequestHead): Target {
    const path = readSitePath(head.path)
    if (path === null) return { kind: 'refused' }
    const index = [...path.segments, 'index.html']
    if (path.folder) return fileAt(index)
    const direct = locator.locate(path.segments)
    if (direct.kind === 'file') return { kind: 'file', segments: path.segments }
    if (direct.kind === 'folder') {
      // Relative links of an index page start from the folder, so its address ends with a slash.
      if (fileAt(index).kind === 'file') return { kind: 'redirect', location: `${head.path}/${head.query === '' ? '' : `?${head.query}`}` }
      return { kind: 'none' }
    }
    const last = path.segments.at(-1) ?? ''
    return last.includes('.') ? { kind: 'none' } : fileAt([...path.segments.slice(0, -1), `${last}.html`])
  }

  function fileAt(segments: readonly string[]): Target {
    return locator.locate(segments).kind === 'file' ? { kind: 'file', segments } : { kind: 'none' }
  }

  /** Null when the file is gone. */
  async function serve(segments: readonly string[], head: RequestHead, status: 200 | 404): Promise<Answer | null> {
    const name = segments.at(-1) ?? ''
    const type = contentTypeOf(name)
    const form = await formOf(segments, name, type, head)
    if (form === null) return null
    const headers: HeaderField[] = [
      ...security,
      ['content-type', type.value],
      ['cache-control', status === 404 ? 'no-store' : cacheControl(name, type.html)],
    ]
    if (type.compressible) headers.push(['vary', 'Accept-Encoding'])
    if (form.encoding !== null) headers.push(['content-encoding', form.encoding])
    if (status === 404) return whole(404, [...headers, ['cloakroom-error', 'not_found']], form, head)
    headers.push(['etag', form.etag], ['last-modified', new Date(form.modifiedAt).toUTCString()])
    return await conditional(headers, form, head)
  }

  async function formOf(segments: readonly string[], name: string, type: ContentType, head: RequestHead): Promise<Representation | null> {
    const neighbour = (suffix: string): Located => locator.locate([...segments.slice(0, -1), name + suffix])
    // A bundler may be writing it at this moment: another look finds what it wrote.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const file = locator.locate(segments)
      if (file.kind !== 'file') return null
      const form = await chooseRepresentation(file, type, head, { cache, neighbour })
      if (form !== null) return form
    }
    return null
  }

  function cacheControl(name: string, html: boolean): string {
    const scope = options.access.kind === 'public' ? '' : 'private, '
    if (!html && isHashedName(name)) return `${scope}max-age=31536000, immutable`
    // ASVS 14.3.2: after a logout, the back button and the disk must not show the pages of who was signed in.
    if (options.access.kind !== 'public' && options.access.kind !== 'visitor') return 'no-store'
    return options.cacheMs === 0 || html ? `${scope}no-cache` : `${scope}max-age=${Math.floor(options.cacheMs / 1000)}`
  }

  async function notFound(head: RequestHead): Promise<Answer> {
    if (!isNavigation(head)) return problem('not_found', { request: head.id })
    return (
      (await serve(['404.html'], head, 404)) ?? { status: 404, headers: [...security, ...PLAIN_PAGE], body: Buffer.from(NOT_FOUND_PAGE) }
    )
  }

  return { answer }
}

/** A page of the client-side router: a navigation that takes HTML, to a name without an extension. A missing script must stay missing. */
function wantsPage(head: RequestHead): boolean {
  const last = head.path.slice(head.path.lastIndexOf('/') + 1)
  return !last.includes('.') && isNavigation(head) && (head.headers.get('accept') ?? '').includes('text/html')
}

async function conditional(headers: HeaderField[], form: Representation, head: RequestHead): Promise<Answer> {
  const precondition = checkPreconditions(head.headers, form)
  if (precondition !== 'send') {
    await form.close()
    return { status: precondition === 'failed' ? 412 : 304, headers: headers.filter(([name]) => !OF_CONTENT.has(name)), body: null }
  }
  if (form.encoding !== null) return await whole(200, headers, form, head)
  headers.push(['accept-ranges', 'bytes'])
  // RFC 9110 §14.2: a range is defined for GET only.
  const range =
    head.method === 'GET' && rangeStillFits(head.headers, form)
      ? readRange(head.headers.get('range'), form.length)
      : { kind: 'whole' as const }
  switch (range.kind) {
    case 'whole':
      return await whole(200, headers, form, head)
    case 'unsatisfiable':
      await form.close()
      return {
        status: 416,
        headers: [...headers.filter(([name]) => !OF_CONTENT.has(name)), ['content-range', `bytes */${form.length}`]],
        body: null,
      }
    case 'part':
      headers.push(['content-range', `bytes ${range.first}-${range.last}/${form.length}`])
      return { status: 206, headers, body: form.body(range.first, range.last) }
  }
}

/** Fields that describe a body, on answers without one. */
const OF_CONTENT: ReadonlySet<string> = new Set(['content-type', 'content-encoding'])

async function whole(status: number, headers: readonly HeaderField[], form: Representation, head: RequestHead): Promise<Answer> {
  if (head.method !== 'HEAD') return { status, headers, body: form.body(0, form.length - 1) }
  await form.close()
  return { status, headers, body: lengthOnly(form.length) }
}

const PLAIN_PAGE: readonly HeaderField[] = [
  ['content-type', 'text/html; charset=utf-8'],
  ['cache-control', 'no-store'],
  ['cloakroom-error', 'not_found'],
]

/** Without style: it must look right under whatever policy the owner wrote. */
const NOT_FOUND_PAGE =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">' +
  '<title>Not found</title></head><body><main><h1>There is nothing here</h1><p><a href="/">Go to the start page</a></p></main></body></html>\n'
