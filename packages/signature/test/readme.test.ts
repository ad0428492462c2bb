import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { gatewayKey } from './kit.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')
const blocks = [...README.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)
const linesOf = (code: string): readonly string[] =>
  code.split('\n').filter((line) => line.trim() !== '' && !line.includes('createServer } from'))

const folder = mkdtempSync(join(tmpdir(), 'cloakroom-readme-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('takes ten lines to install, and one or two more for another framework', () => {
  const [first = '', others = ''] = blocks
  expect(first).toContain('requireSignature(protect')
  expect(linesOf(first).length).toBeLessThanOrEqual(10)
  const installed = others.split('\n\n').map((each) => linesOf(each))
  expect(installed.map(([line = '']) => /signature\/(\w+)'/.exec(line)?.[1])).toEqual(['express', 'fastify', 'hono', 'fetch'])
  for (const lines of installed) expect(lines).toHaveLength(2)
})

it('refuses, as it stands in the README, what nobody signed', { timeout: 30_000 }, async () => {
  const port = ".listen(0, '127.0.0.1', function () { console.log(this.address().port) })"
  const program = (blocks[0] ?? '').replace('.listen(3000)', port)
  expect(program).toContain(port)
  mkdirSync(join(folder, 'node_modules/@cloakroom'), { recursive: true })
  symlinkSync(PACKAGE, join(folder, 'node_modules/@cloakroom/signature'))
  writeFileSync(join(folder, 'api.mjs'), program)
  writeFileSync(join(folder, 'gateway-public.json'), JSON.stringify({ keys: [gatewayKey.publicJwk] }))
  const child = spawn(process.execPath, ['--conditions=source', 'api.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const at = String((await lines.next()).value)
    const answer = await fetch(`http://127.0.0.1:${at}/orders`)
    expect(answer.status).toBe(403)
    expect(answer.headers.get('cloakroom-error')).toBe('signature_refused')
    let told = ''
    while (!told.includes('}')) told += String((await lines.next()).value)
    expect(told).toContain("reason: 'wrong_authority'")
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
})
