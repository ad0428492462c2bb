import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Contestant, findNginx, startFront, startNginx } from '../contestants.ts'
import { compare, type Compared } from '../differential.ts'
import { readFramingCorpus } from '../framing-corpus.ts'
import { readSection, updateSection } from '../framing-page.ts'
import { startUpstream, type Upstream } from '../upstream.ts'

/** What we let through and nginx (seen with 1.22.1) does not, or lets through in another form. Each with its reason; nothing else may differ so. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'cl-ows':
    'RFC 9110 §5.5: blanks and tabs around a value are no part of it. nginx does not take the tab; the length is the same for whoever does.',
  'te-tab': 'The same before `chunked`: with the tab removed it is `chunked`, and the body goes on with framing of our own.',
}

const nginx = findNginx()
if (nginx === null && process.env['CI'] !== 'true') console.log('skipped: nginx is not installed')

let upstream: Upstream
let ours: Contestant
let theirs: Contestant
beforeAll(async () => {
  if (nginx === null) return
  upstream = await startUpstream()
  ours = await startFront(upstream.origin)
  theirs = await startNginx(nginx, upstream.origin)
})
afterAll(async () => {
  await ours?.close()
  await theirs?.close()
  await upstream?.close()
})

test.skipIf(nginx === null && process.env['CI'] !== 'true')(
  'HTTP-04 HTTP-14 C21 where nginx reads a request otherwise, the gateway refuses it, or the difference is explained',
  { timeout: 60_000 },
  async () => {
    // On a build machine a comparison that did not take place is a failure.
    expect(nginx).not.toBeNull()
    const compared = await compare(readFramingCorpus(), ours, theirs, upstream)
    const other = compared.filter(({ kind }) => kind === 'other')
    expect(other.filter(({ given }) => EXPLAINED[given.id] === undefined)).toEqual([])
    // Stricter is a refusal with a status of ours, or the wait for the rest; never an answer of the upstream.
    for (const { given, ours } of compared.filter(({ kind }) => kind === 'stricter')) {
      expect(
        ours.statuses.slice(ours.forwarded.length).every((status) => status >= 400 || status === 204),
        given.id,
      ).toBe(true)
    }
    const explained = explainedTable()
    updateSection('nginx', `${classTable(compared)}\n\n${versionOf(nginx ?? '')}\n\n${explained}`)
    expect(readSection('nginx')).toContain(explained)
  },
)

const CLASSES: readonly (readonly [name: string, ids: RegExp])[] = [
  ['Host', /^host-/],
  ['Content-Length', /^cl-/],
  ['Transfer-Encoding', /^te-/],
  ['both of them', /^(?:clte|tecl)-/],
  ['chunks and trailers', /^(?:chunk|trailer)-/],
  ['field lines', /^(?:field|content)-/],
  ['request lines', /^(?:line|upgrade)-/],
  ['bodies where none belongs', /^body-/],
  ['expectations', /^expect-/],
  ['what follows on a connection, and the plain ones', /./],
]

function classTable(compared: readonly Compared[]): string {
  const left = new Set(compared)
  const rows = CLASSES.map(([name, ids]) => {
    const mine = [...left].filter(({ given }) => ids.test(given.id))
    for (const one of mine) left.delete(one)
    const count = (kind: Compared['kind']): number => mine.filter((one) => one.kind === kind).length
    return `| ${name} | ${mine.length} | ${count('same')} | ${count('stricter')} | ${count('other')} |`
  })
  return ['| class | cases | alike | refused by the gateway only | explained below |', '|-|-|-|-|-|', ...rows].join('\n')
}

function explainedTable(): string {
  return ['| case | why it is taken |', '|-|-|', ...Object.entries(EXPLAINED).map(([id, why]) => `| \`${id}\` | ${why} |`)].join('\n')
}

function versionOf(program: string): string {
  const said = execFileSync('sh', ['-c', '"$0" -v 2>&1', program], { encoding: 'utf8' })
  return `Compared with nginx ${/nginx\/(\S+)/.exec(said)?.[1] ?? 'of an unknown version'}.`
}
