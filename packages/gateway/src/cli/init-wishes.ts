import { parseHttpUrl } from '../config/address.ts'
import { API_NAME } from '../config/schema-api.ts'
import type { Placement } from '../decide/credential.ts'
import type { CommonOptions } from './options.ts'

export interface InitOptions extends CommonOptions {
  readonly api?: string
  readonly path?: string
  readonly upstream?: string
  readonly place?: string
  readonly credential?: string
  readonly secretFile?: string
  readonly allow?: readonly string[]
  readonly access?: string
  readonly site?: string
  readonly publicUrl?: string
  readonly https?: boolean
  readonly yes?: boolean
}

/** What is wanted, without the secret. */
export interface Wishes {
  readonly api: string
  readonly path: string
  readonly upstream: string
  readonly placement: Placement | null
  readonly allow: readonly string[]
  readonly access: string
  readonly site: string | null
}

/** `https://api.shop.example.com` → `shop`. */
export function proposeName(upstream: string): string {
  const host = parseHttpUrl(upstream)?.hostname ?? ''
  const part = host.split('.').find((label) => !/^(?:api|www|v\d+)$/.test(label) && API_NAME.test(label))
  return part === undefined || part === 'localhost' ? 'api' : part
}
