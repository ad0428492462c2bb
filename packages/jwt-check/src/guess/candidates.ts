import { commonWords, defaults, secretWords } from './words.ts'

/** Where a candidate comes from, in the words of the report. */
export type CandidateKind =
  | 'made from the issuer or another visible name'
  | 'a well-known default'
  | 'a common word with a common ending'
  | 'a pattern'
export type Candidate = { readonly text: string; readonly kind: CandidateKind }

const endings = [
  '',
  ...'1 2 12 123 1234 12345 123456 1! ! !! 01 007 00 0 69 99 @123 #1 @1 123! 2015 2016 2017 2018 2019 2020 2021 2022 2023 2024 2025 2026 2027'.split(
    ' ',
  ),
]
const separators = ['', '-', '_', '.', ' ']

/** Likely secrets, likeliest first: visible names, then defaults, words with endings, patterns, and combinations. Well over 100 000. */
export function* candidates(hints: readonly string[]): Generator<Candidate> {
  yield* labelled(fromHints(hints), 'made from the issuer or another visible name')
  yield* labelled(fromDefaults(), 'a well-known default')
  yield* labelled(withEndings([...secretWords, ...commonWords]), 'a common word with a common ending')
  yield* labelled(patterns(), 'a pattern')
  yield* labelled(pairs(), 'a pattern')
}

function* labelled(texts: Iterable<string>, kind: CandidateKind): Generator<Candidate> {
  for (const text of texts) yield { text, kind }
}

function* fromHints(hints: readonly string[]): Generator<string> {
  for (const hint of hints.slice(0, 20)) {
    const short = hint.slice(0, 200)
    const names = new Set([
      short,
      ...short
        .split(/[^\p{L}\p{N}]+/u)
        .filter((part) => part.length > 2)
        .slice(0, 10),
    ])
    names.add(short.replace(/^https?:\/\//, '').replace(/[/:].*$/, ''))
    for (const name of names) {
      yield* withEndings([name])
      for (const word of ['secret', 'key', 'jwt', 'jwtsecret', 'secretkey', 'password']) {
        for (const separator of separators) yield* [`${name}${separator}${word}`, `${word}${separator}${name}`]
      }
    }
  }
}

function* fromDefaults(): Generator<string> {
  for (const text of defaults) yield* [text, text.toUpperCase(), `${text}\n`]
}

function* withEndings(words: readonly string[]): Generator<string> {
  for (const word of words) {
    const capital = word.charAt(0).toUpperCase() + word.slice(1)
    for (const ending of endings) yield* [word + ending, capital + ending]
    yield* [
      word.toUpperCase(),
      word + word,
      `${word}${word}${word}`,
      Array.from(word).toReversed().join(''),
      leet(word),
      leet(capital),
      leet(word) + '123',
    ]
  }
}

function* patterns(): Generator<string> {
  for (let n = 0; n < 10_000; n++) yield* [String(n), String(n).padStart(4, '0')]
  for (const char of 'abcdefghijklmnopqrstuvwxyz0123456789*x#')
    for (const length of [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64]) yield char.repeat(length)
  for (const row of [
    'qwertyuiop',
    'asdfghjkl',
    'zxcvbnm',
    '1234567890',
    'abcdefghijklmnopqrstuvwxyz',
    '1qaz2wsx3edc4rfv',
    'q1w2e3r4t5y6',
    '0123456789abcdef',
  ]) {
    for (let length = 3; length <= row.length; length++)
      yield* [row.slice(0, length), row.slice(0, length).toUpperCase(), row.slice(0, length).repeat(2), row.slice(0, length) + '123']
  }
  for (let year = 1950; year <= 2027; year++) for (let month = 1; month <= 12; month++) yield `${year}${String(month).padStart(2, '0')}`
}

function* pairs(): Generator<string> {
  for (const first of secretWords) {
    for (const second of secretWords) {
      for (const separator of separators) yield `${first}${separator}${second}`
    }
  }
  const short = secretWords.slice(0, 24)
  for (const first of short)
    for (const second of short)
      for (const third of short) yield* [`${first}-${second}-${third}`, `${first}_${second}_${third}`, first + second + third]
}

function leet(word: string): string {
  return word.replaceAll('a', '@').replaceAll('e', '3').replaceAll('i', '1').replaceAll('o', '0').replaceAll('s', '$')
}
