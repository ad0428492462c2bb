import type * as z from 'zod'
import type { ConfigCode } from './codes.ts'
import type { ConfigProblem, KeyPath, Locate } from './problem.ts'
import { formatKey } from './problem.ts'
import { choices, described, knownKeys } from './schema-tree.ts'
import { nearest } from '../lib/nearest.ts'

type Issue = z.core.$ZodIssue

/** One thing that the schema refuses, and the path that would have to go for the rest to be read. */
export interface Refusal {
  readonly problem: ConfigProblem
  readonly path: KeyPath
  /** The key that an unknown one was probably meant to be. */
  readonly meant: string | null
}

/** The schema's issues in the owner's words, each at its place. */
export function explainIssues(issues: readonly Issue[], locate: Locate, schema?: z.ZodType): readonly Refusal[] {
  const refusals = issues.flatMap((issue) => explain(issue, [], locate, schema))
  // `upstrem` with a hint says all: that `upstream` is missing, too, would be the same mistake twice.
  const hinted = new Set(refusals.flatMap(({ path, meant }) => (meant === null ? [] : [formatKey([...path.slice(0, -1), meant])])))
  return refusals.filter(({ problem }) => problem.code !== 'missing_key' || !hinted.has(problem.key))
}

function explain(issue: Issue, above: KeyPath, locate: Locate, schema?: z.ZodType): readonly Refusal[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  const at = (
    code: ConfigCode,
    text: string,
    fix: string,
    where = path,
    part: 'key' | 'value' = 'value',
    meant: string | null = null,
  ): Refusal => {
    const spot = locate(where, part)
    return {
      problem: { code, severity: 'error', key: formatKey(where), line: spot?.line ?? null, column: spot?.column ?? null, text, fix },
      path: where,
      meant,
    }
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = knownKeys(path, schema)
        const strange = explainStranger(key, known)
        return at(strange.code, strange.text, strange.fix, [...path, key], 'key', strange.meant)
      })
    case 'invalid_union': {
      const branch = likelyBranch(issue.errors)
      if (branch !== null) return branch.flatMap((inner) => explain(inner, path, locate, schema))
      return [at('wrong_value', sentence(issue.message), choices(path, schema))]
    }
    case 'invalid_type': {
      if (issue.input === undefined && issue.message.endsWith('undefined')) {
        const key = String(path.at(-1) ?? 'apis')
        return [at('missing_key', `\`${key}\` is missing.`, `Add a line \`${key}: …\`. ${described(path, schema)}`, path, 'key')]
      }
      const [own, fix] = issue.message.split('\n')
      if (own !== undefined && fix !== undefined) return [at('wrong_type', sentence(own), fix)]
      return [
        at(
          'wrong_type',
          `\`${formatKey(path)}\` takes ${NAMES[issue.expected] ?? issue.expected}.`,
          HOW[issue.expected] ?? described(path, schema),
        ),
      ]
    }
    case 'invalid_value':
      return [at('wrong_value', `\`${formatKey(path)}\` does not take this value.`, `Write one of: ${issue.values.join(', ')}.`)]
    case 'invalid_key':
      return [at('wrong_value', sentence(issue.issues[0]?.message ?? issue.message), 'Choose another name, as in `shop`.', path, 'key')]
    case 'too_small':
    case 'too_big':
      return [
        at(
          'wrong_value',
          sentence(issue.origin === 'int' || issue.origin === 'number' ? 'This number is out of bounds' : issue.message),
          bounds(issue),
        ),
      ]
    case 'custom': {
      const fix: unknown = issue.params?.['fix']
      return [at('wrong_value', sentence(issue.message), typeof fix === 'string' ? fix : described(path, schema))]
    }
    default:
      return [at('wrong_value', sentence(issue.message), described(path, schema))]
  }
}

interface Stranger {
  readonly code: ConfigCode
  readonly text: string
  readonly fix: string
  readonly meant: string | null
}

/** A key that the schema does not know: a slip of the pen, a secret where none may stand, or something that is fixed on purpose. */
function explainStranger(key: string, known: readonly string[]): Stranger {
  const meant = nearest(key, known)
  if (meant !== null) return { code: 'unknown_key', text: `\`${key}\` is no key here.`, fix: `Did you mean \`${meant}\`?`, meant }
  if (/^(?:secret|token|api[_-]?key|password|bearer|authorization|client[_-]?secret)s?$/i.test(key)) {
    const fix =
      'Delete the line, store the secret with `cloakroom secret add NAME`, and write `credential: NAME`. If it was ever committed, replace it at its issuer.'
    return { code: 'secret_in_file', text: `\`${key}\` is no key: secrets never stand in this file.`, fix, meant }
  }
  // RFC 9700 §2.4 and §2.1.2: passwords in the client's hands and tokens in a redirect are not built, so they cannot be asked for.
  if (/^(?:grant|grant_?types?|response_?types?|response_?mode|flow)$/i.test(key)) {
    const fix = 'Delete the line: people sign in at the provider, which answers with a code.'
    return { code: 'unknown_key', text: `\`${key}\` is no key: the authorization code flow is the only one.`, fix, meant }
  }
  // COO-06: what breaks the prefix rules cannot even be asked for.
  if (/^(?:cookies?|cookie_?name|domain|same_?site|secure|http_?only)$/i.test(key)) {
    const fix = 'Delete the line: the prefix `__Host-Http-` demands Secure, HttpOnly, Path=/ and no Domain.'
    return { code: 'unknown_key', text: `\`${key}\` is no key: the session cookie’s name and attributes are fixed.`, fix, meant }
  }
  return { code: 'unknown_key', text: `\`${key}\` is no key here.`, fix: `Delete it, or write one of: ${known.join(', ')}.`, meant }
}

/** Of a choice, the one branch that was evidently meant: the only one that does not fail at its very root or on its first key. */
function likelyBranch(errors: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const isForeign = (issue: Issue): boolean =>
    (issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) ||
    (issue.code === 'invalid_type' && issue.message.endsWith('undefined'))
  const meant = errors.filter((branch) => !branch.some(isForeign))
  if (meant.length === 1) return meant[0] ?? null
  const maps = errors.filter((branch) => branch.every((issue) => !(issue.path.length === 0 && issue.code !== 'unrecognized_keys')))
  return maps.length === 1 ? (maps[0] ?? null) : null
}

function bounds(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  if (issue.origin === 'array') return 'Add an entry, as in `- GET /**`.'
  return issue.code === 'too_small' ? `Write at least ${issue.minimum}.` : `Write at most ${issue.maximum}.`
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of names',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}
const HOW: Readonly<Record<string, string>> = {
  string: 'Write one text; put it in quotes if it looks like a number or a date.',
  array: 'Write a list: a line `- …` for each entry, or [a, b].',
  object: 'Write its keys on the lines below, indented, or delete the line to take the defaults.',
  record: 'Write its names on the lines below, indented.',
  boolean: 'Write true or false, without quotes.',
  number: 'Write a number, without quotes.',
  int: 'Write a whole number, without quotes.',
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
