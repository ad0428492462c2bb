import { FAILURES, type FailureCode } from '../../errors.ts'
import { de } from './de.ts'
import { en, type Texts } from './en.ts'

/** Every language that the pages speak; the first is for whoever asks for none of them. */
export const LANGUAGES: readonly Texts[] = [en, de]

/** The language that somebody chose here; else the one that the browser prefers (RFC 9110 §12.5.4), by its first subtag: `de-AT` is `de`. */
export function pickTexts(accepted: string | null, chosen: string | null = null): Texts {
  const own = LANGUAGES.find(({ language }) => language === chosen)
  if (own !== undefined) return own
  const wishes = (accepted ?? '')
    .split(',', MOST)
    .map((part, at) => {
      const [range = '', weight] = part
        .trim()
        .toLowerCase()
        .split(/;\s*q=/)
      return { tag: range.split('-', 1)[0] ?? '', weight: weight === undefined ? 1 : Number(weight), at }
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight || one.at - other.at)
  for (const { tag } of wishes) {
    const found = LANGUAGES.find(({ language }) => language === tag)
    if (found !== undefined) return found
  }
  return en
}

export function failureText(texts: Texts, code: FailureCode): string {
  return texts.failures[code] ?? FAILURES[code].title
}

/** Nobody speaks more; a field of sixteen kilobytes is not read to its end. */
const MOST = 20
