import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { cloakroom, type emptyFolder, installation } from './run.ts'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-4Zk8Qw2LmX90pR7s')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (...args: readonly string[]) => cloakroom(args, { cwd: folder.path })

test('a false key has the shape that was asked for, and a scan knows it from a real one', async () => {
  const like = 'sk-proj-Zk8Qw2LmX90pR7sT1uV3wY5zA7bC9dE1'
  const { out } = await run('secret', 'honey', '--like', like)
  expect(out).toMatch(/^sk-proj-[0-9A-Za-z]{32}\n$/)
  mkdirSync(join(folder.path, 'dist'))
  writeFileSync(join(folder.path, 'dist/app.js'), `const key = '${out.trim()}'`)
  const scanned = await run('scan', './dist')
  expect([scanned.code, scanned.out.includes('a planted credential, in the shape of: OpenAI key')]).toEqual([0, true])
  writeFileSync(join(folder.path, 'dist/app.js'), `const key = '${like}'`)
  expect((await run('scan', './dist')).code).toBe(1)
  const audit = readFileSync(join(folder.path, 'data/audit.jsonl'), 'utf8')
  expect(audit).toContain('"kind":"honey.made"')
  expect(audit).not.toContain(out.trim())
}, 60_000)

test('a shape without room for a mark is refused', async () => {
  expect(await run('secret', 'honey', '--like', '1234567890')).toMatchObject({
    code: 64,
    err: expect.stringContaining('has no room for a mark'),
  })
})
