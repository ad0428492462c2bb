import * as z from 'zod'
import { SITE_POLICY } from '../site/content-policy.ts'
import { accessSchema } from './schema-api.ts'
import { duration, filePath, httpUrl } from './values.ts'

const siteObject = z.strictObject({
  folder: filePath().nullable().default(null).describe('The folder with the website’s files.'),
  devServer: httpUrl('Write where the dev server listens, as in http://localhost:5173.')
    .nullable()
    .default(null)
    .describe('The URL of a dev server instead; its WebSocket passes, too.'),
  spa: z.boolean().default(false).describe('Answer index.html for pages that are no file (client-side routing).'),
  csp: z.string().default(SITE_POLICY).describe('The Content-Security-Policy of its pages.'),
  access: accessSchema.prefault('public').describe('Who may open it: `public`, `login`, or `{ role: NAME }`.'),
  cache: duration(0)
    .prefault('0s')
    .describe('How long a browser may use a file without asking. Files with a hash in their name are kept for a year.'),
  unsafeAllowPlainHttp: z.boolean().default(false).describe('Let a dev server that is not on this machine be asked without TLS.'),
})

/** A folder, a dev server's URL, or an object; always an object when parsed. Null when the site is served elsewhere. */
export const siteSchema = z
  .union([filePath().transform(spelledShort).pipe(siteObject), siteObject], { error: 'This is neither a folder, nor a URL, nor a map' })
  .nullable()
  .default(null)
  .describe(
    'The website: a folder, the URL of a dev server, or a map with the keys below. Left out: it is served elsewhere on the same origin.',
  )

function spelledShort(text: string): z.input<typeof siteObject> {
  return /^https?:\/\//i.test(text) ? { devServer: text } : { folder: text }
}
