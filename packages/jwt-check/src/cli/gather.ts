import { existsSync } from 'node:fs'
import type { SceneParts } from '../build-scene.ts'
import { base64url } from '../encoding/base64url.ts'
import { utf8 } from '../encoding/bytes.ts'
import { readJson } from '../encoding/json.ts'
import { looksLikeKeys, type KeySet, readKeySet } from '../jose/keys.ts'
import { type Profile, type ProfileName, profiles, readProfile } from '../profile.ts'
import { readInput } from '../scan/read-input.ts'
import { type Scanned, together } from '../scan/scanned.ts'
import { CommandProblem, exitCodes, type Io } from './io.ts'
import type { Options } from './options.ts'
import { readBounded, readFileBounded } from './read-bounded.ts'

/** Reads every input and option file into the parts of one scene, within `--max-bytes` each. */
export async function gather(inputs: readonly string[], mode: 'check' | 'scan', options: Options, io: Io): Promise<SceneParts> {
  const scans: Scanned[] = []
  for (const input of inputs.length === 0 ? ['-'] : inputs) scans.push(await readOne(input, mode, options, io))
  const { jwts, sightings, exchanges, keySets } = together(scans)
  const profile = await profileOf(options)
  return {
    jwts,
    sightings,
    exchanges,
    keySets: [...keySets, ...(await publicKeys(options)), ...(await secrets(options))],
    now: clock(options.now, io),
    guessing: { milliseconds: options.guessMs, hints: options.hint ?? [], ...(options['no-guess'] === true ? { tries: 0 } : {}) },
    dpop: await dpopContext(options),
    expected: expectations(options),
    ...(profile === undefined ? {} : { profile }),
  }
}

/** The keys of `--keys`, each file a set, with its issuer when one is named before `=`. */
export async function publicKeys(options: Options): Promise<readonly KeySet[]> {
  const sets: KeySet[] = []
  for (const named of options.keys ?? []) {
    const cut = existsSync(named) ? -1 : named.lastIndexOf('=')
    const path = named.slice(cut + 1)
    const set = readKeySet(await readFileBounded(path, options.maxBytes), path)
    sets.push(cut > 0 ? { ...set, issuer: named.slice(0, cut) } : set)
  }
  return sets
}

async function readOne(input: string, mode: 'check' | 'scan', options: Options, io: Io): Promise<Scanned> {
  if (input !== '-' && !existsSync(input) && /^[\w-]+\.[\w-]*\./.test(input)) return readInput(input, 'argument', mode)
  if (input !== '-') return readInput(await readFileBounded(input, options.maxBytes), input, mode)
  if (io.interactive) throw new CommandProblem('Nothing to examine: name a file, or pipe a JWT in. See --help.', exitCodes.usage)
  return readInput(await readBounded(io.stdin, 'Standard input', options.maxBytes), 'stdin', mode)
}

async function secrets(options: Options): Promise<readonly KeySet[]> {
  const sets: KeySet[] = []
  for (const path of options['secret-file'] ?? []) {
    const text = await readFileBounded(path, options.maxBytes)
    const reading = readJson(text)
    const isJwk = reading.kind === 'read' && looksLikeKeys(reading.value)
    const raw = { kty: 'oct', k: base64url(utf8(text.replace(/\r?\n$/, ''))) }
    sets.push(isJwk ? readKeySet(text, path, true) : { label: path, keys: [raw], confidential: true, faults: [] })
  }
  return sets
}

/** The profile of `--profile`: a built-in one, or a file. */
export async function profileOf({ profile: name, ...options }: Options): Promise<Profile | undefined> {
  if (name === undefined) return undefined
  return Object.hasOwn(profiles, name) ? profiles[name as ProfileName] : profileFile(name, options)
}

function expectations({ issuer, audience, algorithms }: Options): Partial<Profile> {
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(algorithms === undefined ? {} : { algorithms: algorithms.split(',') }),
  }
}

async function profileFile(path: string, options: Pick<Options, 'maxBytes'>): Promise<Profile> {
  const reading = readJson(await readFileBounded(path, options.maxBytes))
  const profile = reading.kind === 'read' ? readProfile(reading.value) : 'It is not JSON.'
  if (typeof profile === 'string') throw new CommandProblem(`--profile ${path}: ${profile}`, exitCodes.usage)
  return profile
}

async function dpopContext(options: Options): Promise<NonNullable<SceneParts['dpop']>> {
  const { method, url, 'access-token-file': path } = options
  const accessToken = path === undefined ? undefined : (await readFileBounded(path, options.maxBytes)).trim()
  return {
    ...(method === undefined ? {} : { method }),
    ...(url === undefined ? {} : { url }),
    ...(accessToken === undefined ? {} : { accessToken }),
  }
}

function clock(text: string | undefined, io: Io): number {
  if (text === undefined) return io.now()
  const seconds = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isFinite(seconds)) return seconds
  throw new CommandProblem('--now takes seconds since 1970 or an ISO 8601 time.', exitCodes.usage)
}
