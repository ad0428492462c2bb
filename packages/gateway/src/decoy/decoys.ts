import { createHmac, type KeyObject } from 'node:crypto'
import { type Api } from '../decide/policy.ts'
import { findApi } from '../decide/route.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { RequestHead } from '../decide/head.ts'
import { apiHeaders } from '../http/security-headers.ts'
import type { Later } from '../lib/later.ts'
import type { DecoyWish, DecoysPart, ServedDecoy } from '../measure-parts.ts'
import type { Canaries } from './canary.ts'
import type { Latencies } from './latency.ts'
import type { DecoyProfile } from './profile.ts'
import { bytesOf, fraction } from './stream.ts'
import { type Making, vary, varyText } from './vary.ts'

export interface DecoysOptions {
  readonly profiles: ReadonlyMap<string, DecoyProfile>
  readonly apis: readonly Api[]
  /** Decides what is in each decoy. */
  readonly key: KeyObject
  readonly canaries: Canaries
  readonly latencies: Latencies
  readonly later: Later
}

/** Decoys that wait for their time at once; beyond it they are served at once, for these sockets are ours as well. */
const MOST_HELD = 200
const LONGEST_MS = 3_000
/** Of an API that was never asked: about what one near by takes. */
const UNKNOWN_MS = { least: 30, most: 120 }

/** Makes answers that look like the API's and say nothing true. The API is not asked. */
export function createDecoys({ profiles, apis, key, canaries, latencies, later }: DecoysOptions): DecoysPart {
  let held = 0

  async function wait(api: Api | null, share: number): Promise<void> {
    const known = api === null ? null : latencies.one(api.name, share)
    const ms = Math.min(LONGEST_MS, known ?? UNKNOWN_MS.least + share * (UNKNOWN_MS.most - UNKNOWN_MS.least))
    if (ms < 1 || held >= MOST_HELD) return
    held += 1
    await new Promise<void>((resolve) => void later(resolve, ms))
    held -= 1
  }

  return {
    async serve(head, { profile: name, seed, latency, watermark }: DecoyWish): Promise<ServedDecoy | null> {
      const profile = profiles.get(name)
      if (profile === undefined) return null
      const api = findApi(apis, head.path)
      // The same to the same visitor, and of the same thing: whoever asks twice must not see that it is made up.
      const next = bytesOf(key, `${name}\n${seed}\n${head.path}\n${head.query}`)
      const share = fraction(next)
      const tag = canaries.tagOf(seed)
      let serial = firstSerial(key, head)
      const canary = (like: string): string | null => (watermark ? canaries.write(like, tag, (serial += 1), next) : plain(like, next))
      const made = contentOf(profile, pathsOf(head, api), { next, canary })
      if (made === null) return null
      if (latency === 'like_upstream') await wait(api, share)
      const headers: readonly HeaderField[] = [['content-type', made.contentType], ['cache-control', 'no-store'], ...apiHeaders()]
      return { answer: { status: 200, headers, body: Buffer.from(made.text) }, tag: watermark ? tag : null }
    },
  }
}

interface Content {
  readonly text: string
  readonly contentType: string
}

function contentOf(profile: DecoyProfile, paths: readonly string[], making: Making): Content | null {
  switch (profile.kind) {
    case 'json':
      return json(vary(profile.sample, making))
    case 'text':
      return { text: varyText(profile.sample, making), contentType: profile.contentType }
    case 'openapi': {
      const value = profile.document.answer(paths, making)
      return value === undefined ? null : json(value)
    }
  }
}

function json(value: unknown): Content {
  return { text: JSON.stringify(value), contentType: 'application/json' }
}

/** As the API sees the path, and as the visitor does. */
function pathsOf({ path }: RequestHead, api: Api | null): readonly string[] {
  if (api === null) return [path]
  const rest = path.slice(api.prefix.length)
  return [rest, api.upstreamPath + rest, path]
}

/** Another page of the same list has other canaries. */
function firstSerial(key: KeyObject, { path, query }: RequestHead): number {
  return createHmac('sha256', key).update(`${path}?${query}`).digest().readUInt16BE()
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Without a canary: the same shape, other letters and digits. */
function plain(like: string, next: Making['next']): string {
  const hexadecimal = /^[0-9a-f-]+$/i.test(like)
  return like.replace(/[0-9a-z]/gi, (letter) => {
    const other = LETTERS[(next() * 256 + next()) % (hexadecimal ? 6 : 26)] ?? letter
    if (/\d/.test(letter)) return String(next() % 10)
    return letter === letter.toUpperCase() ? other.toUpperCase() : other
  })
}
