import { readFileSync, writeFileSync } from 'node:fs'

const PAGE = new URL('../../../docs/framing.md', import.meta.url)

/** The part of docs/framing.md between two marks, as the tests wrote it. */
export function readSection(name: string): string {
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = marks(name)
  const from = page.indexOf(begin)
  if (from < 0 || page.indexOf(end) < 0) throw new Error(`docs/framing.md has no section ${name}`)
  return page.slice(from + begin.length, page.indexOf(end)).trim()
}

/** With UPDATE_DOCS=1 a run writes its figures into the page; without it, the test compares. */
export function updateSection(name: string, text: string): void {
  if (process.env['UPDATE_DOCS'] !== '1') return
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = marks(name)
  writeFileSync(PAGE, `${page.slice(0, page.indexOf(begin) + begin.length)}\n${text}\n${page.slice(page.indexOf(end))}`)
}

function marks(name: string): readonly [string, string] {
  return [`<!-- ${name}: written by a test -->`, `<!-- end of ${name} -->`]
}
