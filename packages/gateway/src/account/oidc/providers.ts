import { readFileSync } from 'node:fs'
import type { Provider } from '../../decide/provider.ts'
import type { OpenProviderLine } from '../../forward/provider-line.ts'
import type { Clock } from '../../lib/clock.ts'
import type { VaultPart } from '../../parts.ts'
import { createOidcProvider, type OidcProvider } from './provider.ts'

/** A provider and the files that only its line needs. */
export interface ProviderWish {
  readonly settings: Provider
  readonly ca: string | null
  readonly certificate: string | null
}

/** The providers of one configuration after the other: one that has not changed keeps its metadata, keys and connections. */
export interface Providers {
  open(wishes: readonly ProviderWish[]): ReadonlyMap<string, OidcProvider>
  close(): void
}

export function createProviders(parts: {
  readonly vault: VaultPart
  readonly clock: Clock
  readonly openLine: OpenProviderLine
}): Providers {
  let held = new Map<string, OidcProvider>()
  return {
    open(wishes) {
      const next = new Map<string, OidcProvider>()
      for (const { settings, ...files } of wishes) {
        const [ca, certificate] = [contentOf(files.ca), contentOf(files.certificate)]
        const key = JSON.stringify([settings, ca, certificate])
        next.set(key, held.get(key) ?? createOidcProvider(settings, { ...parts, ca, certificate }))
      }
      for (const [key, provider] of held) if (!next.has(key)) provider.close()
      held = next
      return new Map([...next.values()].map((provider) => [provider.settings.name, provider]))
    },
    close() {
      for (const provider of held.values()) provider.close()
      held.clear()
    },
  }
}

function contentOf(path: string | null): string | null {
  return path === null ? null : readFileSync(path, 'utf8')
}
