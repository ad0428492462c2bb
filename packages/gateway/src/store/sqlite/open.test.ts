import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeStores } from '../../../test/conformance/stores.ts'
import { openSqlite } from './open.ts'

const root = mkdtempSync(join(tmpdir(), 'cloakroom-stores-'))
afterAll(() => rmSync(root, { recursive: true }))
let count = 0
const freshFolder = () => join(root, String(count++))

describeStores('the SQLite store', () => openSqlite(freshFolder()))
