import { type Collection, type Exhibit, inlineSourceMap, sourceMapReference, textExhibit } from './exhibit.ts'
import { PageUnavailable } from './open-page.ts'

const MAX_FILES = 300
const MAX_BODY = 64 * 1024 * 1024

/** Without a browser: reads the page and everything that it names on its own origin, by plain requests. */
export async function collectPlain(urls: readonly string[]): Promise<Collection> {
  const exhibits: Exhibit[] = []
  const unread: { where: string; why: string }[] = []
  const queue = [...urls]
  const seen = new Set(queue)
  const origins = new Set(urls.map((url) => new URL(url).origin))
  for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
    const found = await read(url, exhibits, unread)
    for (const reference of found) {
      const next = URL.parse(reference, url)
      if (next === null || !origins.has(next.origin) || seen.has(next.href)) continue
      if (seen.size >= MAX_FILES) {
        unread.push({ where: next.href, why: `more than ${MAX_FILES} files` })
        continue
      }
      seen.add(next.href)
      queue.push(next.href)
    }
  }
  // Of a page that was asked for and not read, “found nothing” would say nothing.
  const missing = unread.find(({ where }) => urls.includes(where))
  if (missing !== undefined) throw new PageUnavailable(missing.where, new Error(missing.why))
  return { target: urls.join(' '), how: 'plain requests', exhibits, unread, notes: [] }
}

async function read(url: string, exhibits: Exhibit[], unread: { where: string; why: string }[]): Promise<readonly string[]> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(30_000) })
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (bytes.length > MAX_BODY) throw new Error('larger than 64 MiB')
    exhibits.push(textExhibit('response fields', url, [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')))
    exhibits.push({ kind: url.endsWith('.map') ? 'source map' : 'response body', where: url, bytes })
    return references(bytes, url, exhibits)
  } catch (cause) {
    unread.push({ where: url, why: cause instanceof Error ? cause.message : String(cause) })
    return []
  }
}

function references(bytes: Buffer, url: string, exhibits: Exhibit[]): readonly string[] {
  const text = bytes.toString('utf8')
  const named = [...text.matchAll(/(?:\b(?:src|href)\s*=\s*|\bfrom\s*|\bimport\s*\(?\s*|\burl\()["']?([^"'\s>)]+)/g)].map(
    (match) => match[1] ?? '',
  )
  const map = sourceMapReference(bytes)
  const inline = map === null ? null : inlineSourceMap(map)
  if (inline !== null) exhibits.push({ kind: 'source map', where: `${url} (inline)`, bytes: inline })
  return map === null || inline !== null ? named : [...named, map]
}
