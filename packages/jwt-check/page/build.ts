/**
 * Builds the offline page: `node packages/jwt-check/page/build.ts`. One HTML file, dist/page/jwt-check.html, with script and style
 * inside and a policy that allows exactly these two by their hashes, and no connection at all.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { version } from '../src/version.ts'

const here = import.meta.dirname
const target = join(here, '../dist/page/jwt-check.html')

/** Builds the page and answers its path and text. */
export async function buildPage(): Promise<{ readonly path: string; readonly html: string }> {
  const bundle = await rolldown({ input: join(here, 'main.ts'), platform: 'browser' })
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false })
  // A `</script` inside the code would end it early.
  const script = output[0].code.replaceAll('</script', '<\\/script').trim()
  const style = readFileSync(join(here, 'style.css'), 'utf8').trim()
  const policy = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'`
  const parts: Readonly<Record<string, string>> = { CSP: policy, STYLE: style, VERSION: version, SCRIPT: script }
  // The hashes cover every byte between the tags, so no white space of the template may remain there.
  const html = readFileSync(join(here, 'index.html'), 'utf8').replaceAll(
    /\s*%(STYLE|SCRIPT)%\s*|%(CSP|VERSION)%/g,
    (_, block?: string, word?: string) => parts[block ?? word ?? ''] ?? '',
  )
  mkdirSync(join(here, '../dist/page'), { recursive: true })
  writeFileSync(target, html)
  return { path: target, html }
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

if (process.argv[1] === import.meta.filename) {
  const { path, html } = await buildPage()
  process.stdout.write(`${path}: ${html.length} bytes\n`)
}
