import type { HeaderField } from './headers.ts'

/** Does a browser make a document of it in which scripts run, or styles and images load, if it is led to open it? */
const DOCUMENT = /^(?:text\/html|application\/xhtml\+xml|image\/svg\+xml|(?:text|application)\/(?:xml|xsl)|[^;]+\+xml|multipart\/.*)$/
/** WHATWG MIME sniffing §4.6, JavaScript MIME types: those that a classic script, a module or a worker may have. */
const SCRIPT = /^(?:text|application)\/(?:x-)?(?:java|ecma)script$|^text\/(?:javascript1\.[0-5]|jscript|livescript)$/

type Activity = 'inert' | 'document' | 'script'

/**
 * The fields of an API's answer, so that no browser makes a page or a script of it: a document becomes a download, a script plain text,
 * which `nosniff` keeps from being run. Whoever reads it with fetch() notices nothing but the type of a script.
 */
export function disarmed(headers: readonly HeaderField[]): readonly HeaderField[] {
  const worst = worstOf(headers)
  if (worst === 'inert') return headers
  if (worst === 'script') return [...headers.filter(([name]) => name !== 'content-type'), PLAIN_TEXT]
  const disposition = headers.find(([name]) => name === 'content-disposition')?.[1] ?? ''
  if (/^\s*attachment\s*(?:;|$)/i.test(disposition)) return headers
  return [...headers.filter(([name]) => name !== 'content-disposition'), SAVED]
}

const PLAIN_TEXT: HeaderField = ['content-type', 'text/plain; charset=utf-8']
const SAVED: HeaderField = ['content-disposition', 'attachment']

/** Of several content types browsers take one that suits them. */
function worstOf(headers: readonly HeaderField[]): Activity {
  let worst: Activity = 'inert'
  for (const [name, value] of headers) {
    if (name !== 'content-type') continue
    const activity = activityOf(value)
    if (activity === 'script') return activity
    if (activity === 'document') worst = activity
  }
  return worst
}

function activityOf(contentType: string): Activity {
  // Nearly all answers.
  if (contentType.startsWith('application/json')) return contentType.includes(',') ? 'document' : 'inert'
  let activity: Activity = 'inert'
  // A list of types is none, but some readers take its first and some its last.
  for (const part of contentType.split(',')) {
    const type = (part.split(';', 1)[0] ?? '').trim().toLowerCase()
    if (SCRIPT.test(type)) return 'script'
    if (DOCUMENT.test(type)) activity = 'document'
  }
  return activity
}
