import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { start } from './children.ts'
import { guardRows, measureGuard } from './guard-figures.ts'
import { table } from './table.ts'

/** What the guard costs, alone; `npm run bench` has it among the rest. */
const root = mkdtempSync(join(tmpdir(), 'cloakroom-bench-guard-'))
const key = randomBytes(24).toString('base64url')
const upstream = await start(process.execPath, [resolve(import.meta.dirname, 'upstream.ts'), key], { waitForLine: /^(\d+)$/ })
try {
  const figures = await measureGuard(root, `http://127.0.0.1:${upstream.line}`, key, 21, 4000)
  console.log(table(guardRows(figures)))
  console.log(JSON.stringify(Object.fromEntries(figures)))
} finally {
  await upstream.stop()
  rmSync(root, { recursive: true, force: true })
}
