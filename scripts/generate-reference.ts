import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { commandLinePage } from './reference/command-line.ts'
import { configurationPage, configurationSchema } from './reference/configuration.ts'
import { adminApiDocument } from './reference/admin-api.ts'
import { guardPage } from './reference/guard.ts'
import { endpointsPage } from './reference/endpoints.ts'
import { limitsPage } from './reference/limits.ts'

export interface ReferencePage {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
}

/** The reference pages that are made from the source; generate-reference.test.ts says when one is out of date. */
export async function referencePages(): Promise<readonly ReferencePage[]> {
  return [
    { path: 'docs/reference/configuration.md', text: configurationPage() },
    { path: 'docs/reference/cloakroom.schema.json', text: configurationSchema() },
    { path: 'docs/reference/command-line.md', text: await commandLinePage() },
    { path: 'docs/reference/endpoints.md', text: endpointsPage() },
    { path: 'docs/reference/admin-api.json', text: adminApiDocument() },
    { path: 'docs/reference/guard.md', text: guardPage() },
    { path: 'docs/reference/limits.md', text: limitsPage() },
  ]
}

if (import.meta.main) {
  for (const { path, text } of await referencePages()) {
    const file = resolve(import.meta.dirname, '..', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(path)
  }
}
