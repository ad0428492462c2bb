import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { explainIssues } from '../config/explain.ts'
import { type ConfigProblem, type Locate, sortProblems } from '../config/problem.ts'
import { readYaml } from '../config/yaml.ts'
import type { DecoyProfile } from '../decoy/profile.ts'
import type { Guard } from '../decide/guard.ts'
import { compileRules, type NamedPlace } from './compile-rules.ts'
import { compileSignals } from './compile-signals.ts'
import { DEFAULT_RULES } from './default-rules.ts'
import { createLanguage } from './expression.ts'
import { openGeo } from './geo.ts'
import type { NamedList } from './lists.ts'
import { readDecoys } from './read-decoys.ts'
import { readLists } from './read-lists.ts'
import { createReport, type GuardReport } from './report.ts'
import { guardSchema, type GuardFile, type TestEntry } from './schema.ts'

/** A guard.yaml with all that hangs on it. */
export interface LoadedGuard {
  readonly kind: 'guard'
  readonly guard: Guard
  readonly tests: readonly TestEntry[]
  /** Where things stand in the text. */
  readonly locate: Locate
  /** The owner's own rules and signals, in the order of the text. */
  readonly own: Guard
  /** Routes and APIs that its conditions name; see against-config.ts. */
  readonly named: readonly NamedPlace[]
  /** For what is found later, with its place. */
  readonly report: () => GuardReport
  /** What `decoy` answers with, by name. */
  readonly decoys: ReadonlyMap<string, DecoyProfile>
  /** Every file that was read: when one of them changes, all is read again. */
  readonly files: readonly string[]
}

export type GuardLoading =
  | LoadedGuard
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[]; readonly files: readonly string[] }

/** Nobody writes that much by hand; parsing must stay bounded. */
const LARGEST_BYTES = 4_194_304

/** Reads guard.yaml and the files that it names; every problem at once, each with its place and a mark under the text. */
export function loadGuard(path: string): GuardLoading {
  let text: string
  try {
    if (statSync(path).size > LARGEST_BYTES)
      return unusable(path, 'file_too_large', 'This file is larger than 4 MiB.', 'Put long lists into files of their own (`file:`).')
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : ''
    const said = code === 'ENOENT' ? 'There is no such file.' : 'This file cannot be read, or is not UTF-8 text.'
    return unusable(
      path,
      'file_unreadable',
      said,
      'Correct `guard` in cloakroom.yaml, or write `guard: off`; left out, the rules that come with the gateway are in force.',
    )
  }
  return parseGuard(text, path)
}

/** The rules that come with the gateway: in force without any guard.yaml, and after the rules of one. Compiled once. */
export function defaultGuard(): Guard {
  return defaults().guard
}

/** As a guard.yaml that says nothing. */
export function defaults(): LoadedGuard {
  if (ours !== null) return ours
  const loaded = parseGuard(DEFAULT_RULES, 'the rules that come with the gateway', true)
  // A slip in our own text must not let everybody through.
  if (loaded.kind === 'problems') throw new Error(loaded.problems.map(({ text, line }) => `${line ?? 0}: ${text}`).join('\n'))
  ours = { ...loaded, own: NOTHING, named: [], files: [] }
  return ours
}

const NOTHING: Guard = { rules: [], signals: [], neverBanned: null }

let ours: LoadedGuard | null = null

export function parseGuard(text: string, file: string, own = false): GuardLoading {
  const yaml = readYaml(text)
  if (yaml.kind === 'problems') return { kind: 'problems', problems: yaml.problems.map((problem) => ({ ...problem, file })), files: [file] }
  const report = createReport(file, text, yaml.locate)
  const parsed = guardSchema.safeParse(yaml.value ?? {})
  if (!parsed.success) {
    for (const { problem } of explainIssues(parsed.error.issues, yaml.locate, guardSchema)) report.add(problem)
    return { kind: 'problems', problems: sortProblems(report.problems), files: [file] }
  }
  return compile(parsed.data, file, yaml.locate, report, own, () => createReport(file, text, yaml.locate))
}

function compile(
  written: GuardFile,
  file: string,
  locate: Locate,
  report: GuardReport,
  own: boolean,
  anew: () => GuardReport,
): GuardLoading {
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(dirname(file), path))
  const files = [file]
  const geo = openGeo({
    country: written.geo.country === undefined ? null : at(written.geo.country),
    asn: written.geo.asn === undefined ? null : at(written.geo.asn),
  })
  for (const named of Object.values(written.geo)) if (named !== undefined) files.push(at(named))
  if (geo.kind === 'unusable')
    report.at(
      ['geo', geo.key],
      'guard_geo',
      `${geo.why}.`,
      'Name a .mmdb file that is there; relative paths begin in the folder of this file.',
    )
  const lists = readLists(written.lists, at, report)
  files.push(...lists.files)
  const decoys = readDecoys(written.decoys, at, report)
  files.push(...decoys.files)
  const language = createLanguage({
    lists: lists.lists,
    signals: Object.keys(written.signals),
    enrichment: geo.kind === 'open' ? geo.enrichment : null,
  })
  const named: NamedPlace[] = []
  const signals = compileSignals(written.signals, language, report, named)
  const rules = compileRules(written, decoys.unmarked, language, report, named)
  if (report.problems.length > 0) return { kind: 'problems', problems: sortProblems(report.problems), files }
  const extra = written.defaults && !own ? defaultGuard() : NOTHING
  return {
    kind: 'guard',
    guard: { rules: [...rules, ...extra.rules], signals: [...signals, ...extra.signals], neverBanned: neverBannedIn(written, lists.lists) },
    own: { rules, signals, neverBanned: null },
    tests: written.tests,
    locate,
    decoys: decoys.profiles,
    named,
    report: anew,
    files,
  }
}

/** `never_banned` of lists: whoever is on one of them is banned by no rule. */
function neverBannedIn(written: GuardFile, lists: ReadonlyMap<string, NamedList>): Guard['neverBanned'] {
  const spared = Object.entries(written.lists).flatMap(([name, entry]) => {
    const list = entry.never_banned ? lists.get(name) : undefined
    return list === undefined ? [] : [list]
  })
  return spared.length === 0 ? null : (address) => spared.some((list) => list.holds(address))
}

function unusable(file: string, code: 'file_unreadable' | 'file_too_large', text: string, fix: string): GuardLoading {
  return { kind: 'problems', problems: [{ code, severity: 'error', key: '', line: null, column: null, text, fix, file }], files: [file] }
}
