import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryStores } from '../../src/store/memory.ts'
import { createVault } from '../../src/vault/create.ts'
import { createKeyFile, fileKey } from '../../src/vault/keys/file.ts'
import { openVault } from '../../src/vault/vault.ts'
import { NOW, quickKey } from '../vault-kit.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-file-'))
})
afterEach(() => rm(folder, { recursive: true }))

const CONTEXT = 'vault/slot'

async function wrapWith(path: string, outside: readonly string[] = []): Promise<unknown> {
  return await fileKey(path, { outside }).wrap(randomBytes(32), CONTEXT)
}

test('VLT-04 a key file is made 0600 with 32 random bytes, opens what it closed, and is never overwritten', async () => {
  const path = join(folder, 'key')
  await createKeyFile(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const provider = fileKey(path)
  const root = randomBytes(32)
  const { wrapped, parameters } = await provider.wrap(root, CONTEXT)
  expect(await provider.unwrap(wrapped, parameters, CONTEXT)).toEqual(root)
  const before = await readFile(path, 'utf8')
  await expect(createKeyFile(path)).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readFile(path, 'utf8')).toBe(before)
})

test.each([0o644, 0o640, 0o604, 0o660, 0o620, 0o602, 0o610, 0o777])(
  'VLT-04 a key file with the mode %o is refused, and the vault stays closed',
  async (mode) => {
    const path = join(folder, 'key')
    await createKeyFile(path)
    const store = memoryStores().vault
    await createVault(store, { main: fileKey(path), recovery: quickKey(), at: NOW, random: randomBytes })
    await chmod(path, mode)
    await expect(openVault(store, fileKey(path), { clock: () => NOW, random: randomBytes })).rejects.toThrow(
      /can be read by others: chmod 600/,
    )
    await chmod(path, 0o600)
    await expect(openVault(store, fileKey(path), { clock: () => NOW, random: randomBytes })).resolves.toBeDefined()
  },
)

test('VLT-04 a link to a key file is as good as the file: refused when that can be read by others, taken when not', async () => {
  const path = join(folder, 'key')
  const link = join(folder, 'link')
  await createKeyFile(path)
  await symlink(path, link)
  await expect(wrapWith(link)).resolves.toBeDefined()
  await chmod(path, 0o644)
  await expect(wrapWith(link)).rejects.toThrow(/can be read by others/)
})

test('VLT-04 a key file inside the data or site folder is refused, also through a link, and none is made there', async () => {
  const site = join(folder, 'site')
  await mkdir(site)
  const inside = join(site, 'key')
  await expect(createKeyFile(inside, { outside: [site] })).rejects.toThrow(/lies inside/)
  await createKeyFile(inside)
  await symlink(inside, join(folder, 'link'))
  await symlink(site, join(folder, 'other-name'))
  await expect(wrapWith(inside, [site])).rejects.toThrow(/lies inside/)
  await expect(wrapWith(join(folder, 'link'), [site])).rejects.toThrow(/lies inside/)
  await expect(wrapWith(inside, [join(folder, 'other-name')])).rejects.toThrow(/lies inside/)
  await createKeyFile(join(folder, 'site-key'))
  await expect(wrapWith(join(folder, 'site-key'), [site])).resolves.toBeDefined()
})

test.skipIf(userInfo().uid !== 0)('VLT-04 a key file of another user is refused', async () => {
  const path = join(folder, 'key')
  await createKeyFile(path)
  await chown(path, 65_534, 65_534)
  await expect(wrapWith(path)).rejects.toThrow(/belongs to user 65534/)
})

test.each([
  ['is empty', ''],
  ['holds zeros', `${'A'.repeat(43)}\n`],
  ['holds a pattern', `${'0123'.repeat(16)}\n`],
  ['holds too little', `${randomBytes(31).toString('base64url')}\n`],
  ['holds too much', `${randomBytes(33).toString('base64url')}\n`],
  ['holds a password', 'correct horse battery staple\n'],
])('VLT-04 a key file that %s is refused without being repeated', async (_, text) => {
  const path = join(folder, 'key')
  await writeFile(path, text, { mode: 0o600 })
  const refused = await wrapWith(path).catch((cause: unknown) => String(cause))
  expect(refused).toMatch(/does not hold 32 random bytes/)
  if (text !== '') expect(refused).not.toContain(text.trim())
})

test('VLT-04 a missing key file, a folder and a device in its place are fatal: nothing goes on unencrypted', async () => {
  await expect(wrapWith(join(folder, 'none'))).rejects.toThrow(/cannot be opened/)
  await expect(wrapWith(folder)).rejects.toThrow(/is not a file/)
  await expect(wrapWith('/dev/zero')).rejects.toThrow(/is not a file/)
})

test('VLT-04 the wrong key file is told apart from a changed slot', async () => {
  await createKeyFile(join(folder, 'one'))
  await createKeyFile(join(folder, 'two'))
  const { wrapped, parameters } = await fileKey(join(folder, 'one')).wrap(randomBytes(32), CONTEXT)
  await expect(fileKey(join(folder, 'two')).unwrap(wrapped, parameters, CONTEXT)).rejects.toThrow(/is not the key that closed this vault/)
  await expect(fileKey(join(folder, 'one')).unwrap(wrapped, parameters, 'another/slot')).rejects.toThrow(/the vault's slot was changed/)
})
