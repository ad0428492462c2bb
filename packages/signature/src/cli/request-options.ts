import { readFile } from 'node:fs/promises'
import type { FieldLine, RequestMessage } from '../message/message.ts'
import { requestTo } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import type { Terminal } from './terminal.ts'

/** The options that describe a request, for `parseArgs`. */
export const REQUEST_OPTIONS = {
  url: { type: 'string' },
  method: { type: 'string', default: 'GET' },
  field: { type: 'string', multiple: true },
  fields: { type: 'string' },
  content: { type: 'string' },
  'cover-also': { type: 'string', multiple: true },
  at: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

export interface RequestValues {
  readonly url?: string | undefined
  readonly method: string
  readonly field?: readonly string[] | undefined
  readonly fields?: string | undefined
  readonly content?: string | undefined
  readonly at?: string | undefined
}

export interface DescribedRequest {
  readonly request: RequestMessage
  readonly content: Uint8Array | null
  readonly at: number
}

/** Puts the request together that the options describe. */
export async function describedRequest(
  values: RequestValues,
  terminal: Terminal,
): Promise<Outcome<DescribedRequest, 'usage' | 'unreadable'>> {
  if (values.url === undefined || !URL.canParse(values.url) || !/^https?:/.test(values.url))
    return failed('usage', '--url needs an http or https address.')
  const at = readTime(values.at, terminal.now)
  if (at === null) return failed('usage', '--at needs whole Unix seconds.')
  const fromFile = values.fields === undefined ? fine(new Uint8Array()) : await readBytes(values.fields, terminal)
  if (!fromFile.ok) return fromFile
  const lines = new TextDecoder().decode(fromFile.value).split(/\r?\n/)
  const fields = readFields([...lines.filter((line) => line.trim() !== ''), ...(values.field ?? [])])
  if (!fields.ok) return fields
  const content = values.content === undefined ? fine(null) : await readBytes(values.content, terminal)
  if (!content.ok) return content
  return fine({ request: requestTo(values.url, values.method, fields.value), content: content.value, at })
}

export function readTime(text: string | undefined, now: () => number): number | null {
  if (text === undefined) return now()
  return /^\d{1,12}$/.test(text) ? Number(text) : null
}

export async function readBytes(path: string, terminal: Terminal): Promise<Outcome<Uint8Array, 'unreadable'>> {
  try {
    return fine(path === '-' ? await terminal.readInput() : new Uint8Array(await readFile(path)))
  } catch (error) {
    return failed('unreadable', `${path}: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}

function readFields(lines: readonly string[]): Outcome<readonly FieldLine[], 'usage'> {
  const fields: FieldLine[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) return failed('usage', `A field is 'Name: value', not ${JSON.stringify(line)}.`)
    fields.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()])
  }
  return fine(fields)
}
