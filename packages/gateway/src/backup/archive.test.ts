import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHUNK, TAG } from './format.ts'
import { readBackup } from './read.ts'
import { writeBackup } from './write.ts'

let folder = ''
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cloakroom-archive-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const KEY = createSecretKey(randomBytes(32))
const path = (): string => join(folder, 'saved')

async function written(sizes: readonly number[]): Promise<readonly Buffer[]> {
  const contents = sizes.map((size) => randomBytes(size))
  const names = contents.map((_, at) => `${'abcdef'[at]}.sqlite`)
  for (const [at, content] of contents.entries()) writeFileSync(join(folder, names[at] ?? ''), content)
  await writeBackup({ path: path(), folder, names, key: KEY, vaultId: 'v', slots: [], at: 7, random: randomBytes })
  return contents
}

async function read(key = KEY): Promise<readonly Buffer[]> {
  const to = mkdtempSync(join(folder, 'to-'))
  const { manifest } = await readBackup(path(), to, () => Promise.resolve(key))
  return manifest.files.map(({ name }) => readFileSync(join(to, name)))
}

test.each([[[0]], [[1, 0, 3]], [[CHUNK]], [[CHUNK - 200, CHUNK + 200]], [[3 * CHUNK + 17, 5]]])(
  'files of %j bytes come back as they were',
  async (sizes) => {
    const contents = await written(sizes)
    expect(await read()).toEqual(contents)
    expect(readdirSync(folder).some((name) => name.endsWith('.partial'))).toBe(false)
  },
)

test('whatever byte is changed, it does not open', async () => {
  await written([5000, 100])
  const whole = readFileSync(path())
  for (let at = 0; at < whole.length; at += at < 400 ? 1 : 97) {
    const copy = Buffer.from(whole)
    copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8))
    writeFileSync(path(), copy)
    await expect(read(), `byte ${at}`).rejects.toThrow(/store_unavailable|credential_unavailable/)
  }
})

test('parts that are cut off, left out, added, exchanged or of another file do not open', async () => {
  await written([3 * CHUNK])
  const other = readFileSync(path())
  rmSync(path())
  await written([3 * CHUNK])
  const whole = readFileSync(path())
  const head = whole.indexOf(0x0a, whole.indexOf(0x0a) + 1) + 1
  const part = (from: Buffer, number: number): Buffer => from.subarray(head + number * (CHUNK + TAG), head + (number + 1) * (CHUNK + TAG))
  const [zero, one, two, last] = [0, 1, 2, 3].map((number) => part(whole, number)) as [Buffer, Buffer, Buffer, Buffer]
  const parts: readonly (readonly Buffer[])[] = [
    [],
    [zero],
    [zero, one, two],
    [zero, one, last],
    [one, zero, two, last],
    [zero, one, two, last, last],
    [zero, one, two, last.subarray(0, -1)],
    [zero, part(other, 1), two, last],
  ]
  for (const [at, chosen] of parts.entries()) {
    writeFileSync(path(), Buffer.concat([whole.subarray(0, head), ...chosen]))
    await expect(read(), `case ${at}`).rejects.toThrow(/store_unavailable/)
  }
  writeFileSync(path(), Buffer.concat([whole.subarray(0, head), zero, one, two, last]))
  await read()
})

test('another key does not open it, and is said to be another', async () => {
  await written([10])
  await expect(read(createSecretKey(randomBytes(32)))).rejects.toThrow(/key of another vault/)
})
