import { readFileSync } from 'node:fs'
import { asnList, cidrList, globList, type ListKind, type NamedList, type Read, textList } from './lists.ts'
import { createReport, type GuardReport } from './report.ts'
import type { ListEntry } from './schema.ts'

export interface ReadLists {
  readonly lists: ReadonlyMap<string, NamedList>
  readonly files: readonly string[]
}

/** `lists:` of guard.yaml with the files that it names. One with a mistake stands there empty, so that what names it is not called unknown besides. */
export function readLists(written: Readonly<Record<string, ListEntry>>, at: (path: string) => string, report: GuardReport): ReadLists {
  const lists = new Map<string, NamedList>()
  const files: string[] = []
  for (const [name, entry] of Object.entries(written)) {
    const kind = (['cidr', 'glob', 'text', 'asn'] as const).find((each) => entry[each] !== undefined) ?? 'text'
    const own = (entry[kind] ?? []).map(String)
    const empty = make(kind, [])
    if (empty.kind === 'list') lists.set(name, empty.value)
    let more: ListFile = { source: '', lines: [] }
    if (entry.file !== undefined) {
      files.push(at(entry.file))
      const read = readListFile(at(entry.file))
      if (read === null) {
        report.at(
          ['lists', name, 'file'],
          'guard_list',
          'This file is not there or cannot be read.',
          'Put it there, or correct the path; relative paths begin in the folder of this file.',
        )
        continue
      }
      more = read
    }
    const made = make(kind, [...own, ...more.lines.map(({ text }) => text)])
    if (made.kind === 'list') lists.set(name, made.value)
    else if (made.entry < own.length) report.at(['lists', name, kind, made.entry], 'guard_list', `${made.text}.`, FIXES[kind])
    else {
      const inFile = createReport(at(entry.file ?? ''), more.source, () => null)
      inFile.add({
        code: 'guard_list',
        severity: 'error',
        key: `lists.${name}.file`,
        line: more.lines[made.entry - own.length]?.line ?? null,
        column: 1,
        text: `${made.text}.`,
        fix: FIXES[kind],
      })
      report.take(inFile)
    }
  }
  return { lists, files }
}

function make(kind: ListKind, entries: readonly string[]): Read<NamedList> {
  switch (kind) {
    case 'cidr':
      return cidrList(entries)
    case 'glob':
      return globList(entries)
    case 'text':
      return textList(entries)
    case 'asn':
      return asnList(entries)
  }
}

const FIXES: Readonly<Record<ListKind, string>> = {
  cidr: 'Write an address or a range, as in 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.',
  glob: 'Write a path, as in /admin/** or /**/*.php.',
  text: 'Write a text.',
  asn: 'Write the number, as in 64500.',
}

interface ListFile {
  readonly source: string
  readonly lines: readonly { readonly text: string; readonly line: number }[]
}

function readListFile(path: string): ListFile | null {
  try {
    const source = readFileSync(path, 'utf8')
    const lines = source
      .split(/\r?\n/)
      .map((text, at) => ({ text: text.replace(/#.*$/, '').trim(), line: at + 1 }))
      .filter(({ text }) => text !== '')
    return { source, lines }
  } catch {
    return null
  }
}
