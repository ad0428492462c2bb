import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { readYaml } from '../config/yaml.ts'
import { readOpenApi } from '../decoy/openapi.ts'
import type { DecoyProfile } from '../decoy/profile.ts'
import { vary, varyText } from '../decoy/vary.ts'
import { hasRoom } from '../trap/mark.ts'
import { createReport, type GuardReport } from './report.ts'
import type { DecoyEntry } from './schema.ts'

export interface ReadDecoys {
  readonly profiles: ReadonlyMap<string, DecoyProfile>
  /** Profiles that have no place for a canary. */
  readonly unmarked: ReadonlySet<string>
  readonly files: readonly string[]
}

/** A decoy is made in memory for each visitor who gets one. */
const LARGEST_BYTES = 262_144
/** The description of an API is longer than its answers. */
const LARGEST_DOCUMENT = 4_194_304

/** What texts are sent as; nothing that a browser would run. */
const TEXTS: Readonly<Record<string, string>> = {
  '.txt': 'text/plain; charset=utf-8',
  '.env': 'text/plain; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.xml': 'application/xml',
}

/** `decoys:` of guard.yaml with the files that it names: each is read and tried here, not when a visitor is to get it. */
export function readDecoys(written: Readonly<Record<string, DecoyEntry>>, at: (path: string) => string, report: GuardReport): ReadDecoys {
  const profiles = new Map<string, DecoyProfile>()
  const unmarked = new Set<string>()
  const files: string[] = []
  for (const [name, entry] of Object.entries(written)) {
    const key = entry.openapi === undefined ? 'sample' : 'openapi'
    const file = at(entry[key] ?? '')
    files.push(file)
    const text = textOf(file, key === 'sample' ? LARGEST_BYTES : LARGEST_DOCUMENT)
    if (text.kind === 'problem') {
      report.at(['decoys', name, key], 'guard_decoy', text.text, text.fix)
      continue
    }
    const profile = key === 'openapi' ? documentOf(file, text.value, report) : sampleOf(file, text.value, report)
    if (profile === null) continue
    profiles.set(name, profile)
    if (!takesCanary(profile)) unmarked.add(name)
  }
  return { profiles, unmarked, files }
}

type Text = { readonly kind: 'text'; readonly value: string } | { readonly kind: 'problem'; readonly text: string; readonly fix: string }

function textOf(file: string, most: number): Text {
  try {
    if (statSync(file).size > most)
      return {
        kind: 'problem',
        text: `This file is larger than ${most / 1024} KiB.`,
        fix: 'Leave a shorter one: ten entries of a list are as plausible as a thousand.',
      }
    return { kind: 'text', value: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) }
  } catch {
    return {
      kind: 'problem',
      text: 'This file is not there, cannot be read, or is not UTF-8 text.',
      fix: 'Put it there, or correct the path; relative paths begin in the folder of this file.',
    }
  }
}

function sampleOf(file: string, text: string, report: GuardReport): DecoyProfile | null {
  const kind = extname(file.replace(/^(?:.*\/)?\.env(?:\.\w+)?$/, 'a.env')).toLowerCase()
  const contentType = TEXTS[kind]
  if (contentType !== undefined) return { kind: 'text', sample: text, contentType }
  const value = valueOf(file, text, report, true)
  return value === undefined ? null : { kind: 'json', sample: value.value }
}

function documentOf(file: string, text: string, report: GuardReport): DecoyProfile | null {
  const value = valueOf(file, text, report, false)
  if (value === undefined) return null
  const document = readOpenApi(value.value)
  if ('answer' in document) return { kind: 'openapi', document }
  value.own.at(document.path, 'guard_decoy', document.text, document.fix)
  report.take(value.own)
  return null
}

interface Value {
  readonly value: unknown
  readonly own: GuardReport
}

/** JSON is YAML: read as such, a slip is told with its line and column. A sample must be JSON, for that is what is sent. */
function valueOf(file: string, text: string, report: GuardReport, onlyJson: boolean): Value | undefined {
  const yaml = readYaml(text)
  const own = createReport(file, text, yaml.kind === 'value' ? yaml.locate : () => null)
  if (yaml.kind === 'problems') {
    for (const problem of yaml.problems) own.add({ ...problem, code: 'guard_decoy' })
    report.take(own)
    return undefined
  }
  if (!onlyJson || isJson(text)) return { value: yaml.value, own }
  own.at([], 'guard_decoy', 'This is no JSON.', 'Record an answer of the API as it came; a text ends in .txt, .env, .csv or .xml.')
  report.take(own)
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Is there a value in it that can be watched for? Of a document any of its answers will do. */
function takesCanary(profile: DecoyProfile): boolean {
  let places = 0
  const making = { next: () => 7, canary: (like: string) => (hasRoom(like) ? ((places += 1), like) : null) }
  if (profile.kind === 'json') vary(profile.sample, making)
  else if (profile.kind === 'text') varyText(profile.sample, making)
  else profile.document.all(making)
  return places > 0
}
