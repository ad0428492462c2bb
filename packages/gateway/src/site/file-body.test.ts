import { statSync, truncateSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BodySource } from '../answer.ts'
import { fileBody, openApproved } from './file-body.ts'

let folder = ''
let path = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'body-'))
  path = join(folder, 'film')
  await writeFile(path, Buffer.alloc(300_000, 'x'))
})
afterEach(() => rm(folder, { recursive: true }))

const look = () => statSync(path, { bigint: true })

/** Takes a body to its end: how many bytes came, and how it ended. `full` says after how many chunks it will take no more for now. */
function drink(
  body: BodySource,
  between: (chunks: number) => boolean = () => true,
): Promise<{ readonly bytes: number; readonly ended: string }> {
  return new Promise((resolve) => {
    let bytes = 0
    let chunks = 0
    body.start({
      chunk(part) {
        bytes += part.length
        chunks += 1
        return between(chunks)
      },
      end: () => resolve({ bytes, ended: 'whole' }),
      fail: (cause) => resolve({ bytes, ended: cause.message }),
    })
  })
}

test('HTTP-26 the asked bytes come, and then the end', async () => {
  const stat = look()
  expect(await drink(fileBody(await open(path), stat, 0, 299_999))).toEqual({ bytes: 300_000, ended: 'whole' })
  expect(await drink(fileBody(await open(path), stat, 10, 10))).toEqual({ bytes: 1, ended: 'whole' })
})

test('HTTP-26 a reader that is full is waited for', async () => {
  const body = fileBody(await open(path), look(), 0, 299_999)
  const seen: number[] = []
  const whole = drink(body, (chunks) => {
    seen.push(chunks)
    return chunks !== 2
  })
  await vi.waitFor(() => expect(seen).toEqual([1, 2]))
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual([1, 2])
  body.resume()
  expect(await whole).toEqual({ bytes: 300_000, ended: 'whole' })
})

test('a file that shrinks while it is sent does not end as if it were whole', async () => {
  const drunk = await drink(fileBody(await open(path), look(), 0, 299_999), () => {
    truncateSync(path, 70_000)
    return true
  })
  expect(drunk.ended).toBe('the file became shorter while it was sent')
})

test('a file that is written to while it is sent does not end as if it were whole', async () => {
  const approved = look()
  await writeFile(path, Buffer.alloc(300_000, 'y'))
  expect(await drink(fileBody(await open(path), approved, 0, 299_999))).toEqual({
    bytes: 300_000 - (300_000 % 65_536),
    ended: 'the file changed while it was sent',
  })
})

test('a reader that goes away lets the file go', async () => {
  const handle = await open(path)
  const body = fileBody(handle, look(), 0, 299_999)
  await new Promise<void>((resolve) => {
    body.start({
      chunk() {
        resolve()
        return false
      },
      end: () => undefined,
      fail: () => undefined,
    })
  })
  await new Promise((resolve) => setImmediate(resolve))
  body.cancel(new Error('gone'))
  await vi.waitFor(() => expect(handle.fd).toBe(-1))
})

test('another file in the place of the approved one is not opened', async () => {
  const approved = look()
  await rm(path)
  await writeFile(path, 'other')
  expect(await openApproved(path, approved)).toBeNull()
  expect(await openApproved(join(folder, 'gone'), approved)).toBeNull()
})
