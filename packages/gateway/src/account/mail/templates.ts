import { plainText } from '../../audit/plain-text.ts'

/** The letters that people get. */
export const LETTERS = ['reset', 'notice'] as const
export type LetterName = (typeof LETTERS)[number]

export const LETTER_LANGUAGES = ['en', 'de'] as const
export type LetterLanguage = (typeof LETTER_LANGUAGES)[number]

export interface Template {
  readonly subject: string
  readonly text: string
}

/** A language that there are no letters in is English. */
export type Templates = (name: LetterName, language: string) => Template

/** What each letter may name, and what it must: without its link a letter is of no use. */
export const PLACEHOLDERS: Readonly<Record<LetterName, { readonly may: readonly string[]; readonly must: readonly string[] }>> = {
  reset: { may: ['site', 'account', 'link', 'minutes', 'address', 'time'], must: ['link'] },
  notice: { may: ['site', 'account', 'what', 'password', 'sessions', 'forgot'], must: ['what'] },
}

export type ParsedTemplate = { readonly kind: 'template'; readonly template: Template } | { readonly kind: 'refused'; readonly why: string }

/** `Subject: …`, an empty line, the text; `{{name}}` stands for what is filled in. */
export function parseTemplate(name: LetterName, written: string): ParsedTemplate {
  const [head = '', ...rest] = written.replaceAll('\r\n', '\n').split('\n')
  const subject = /^Subject: *(\S.*)$/i.exec(head)?.[1]?.trim()
  if (subject === undefined) return refused('Its first line is not the subject, as in `Subject: A new password`.')
  if (rest[0]?.trim() !== '') return refused('An empty line has to follow the subject.')
  const text = `${rest.slice(1).join('\n').trim()}\n`
  if (text.length > LONGEST) return refused(`It is longer than ${String(LONGEST)} characters.`)
  const { may, must } = PLACEHOLDERS[name]
  const named = [...`${subject}\n${text}`.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map((match) => match[1] ?? '')
  const unknown = named.find((each) => !may.includes(each))
  if (unknown !== undefined) return refused(`It names {{${unknown}}}, which is none of {{${may.join('}}, {{')}}}.`)
  const missing = must.find((each) => !text.includes(`{{${each}}}`))
  if (missing !== undefined) return refused(`Its text lacks {{${missing}}}.`)
  return { kind: 'template', template: { subject, text } }
}

/** A template as its file holds it. */
export function writeTemplate({ subject, text }: Template): string {
  return `Subject: ${subject}\n\n${text}`
}

/** Fills in. Whatever a value holds, it makes no new header line and no second letter. */
export function fill({ subject, text }: Template, values: Readonly<Record<string, string>>): Template {
  const put = (part: string): string => part.replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, (_whole, name: string) => values[name] ?? '')
  return { subject: plainText(put(subject), LONGEST_SUBJECT), text: put(text) }
}

/** A letter, not a book. */
const LONGEST = 20_000
const LONGEST_SUBJECT = 200

function refused(why: string): ParsedTemplate {
  return { kind: 'refused', why }
}
