import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtIn } from './built-in.ts'
import { LETTER_LANGUAGES, LETTERS, parseTemplate, type Template, type Templates } from './templates.ts'

export type ReadTemplates =
  | { readonly kind: 'templates'; readonly templates: Templates }
  | { readonly kind: 'problems'; readonly problems: readonly { readonly file: string; readonly why: string }[] }

/** The letters of an owner's folder, `reset.en.txt` and so on; what is not there is built in. */
export function readTemplates(folder: string | null): ReadTemplates {
  const own = new Map<string, Template>()
  const problems: { file: string; why: string }[] = []
  for (const name of folder === null ? [] : LETTERS) {
    for (const language of LETTER_LANGUAGES) {
      const file = join(folder ?? '', `${name}.${language}.txt`)
      if (!existsSync(file)) continue
      const parsed = parseTemplate(name, readFileSync(file, 'utf8'))
      if (parsed.kind === 'refused') problems.push({ file, why: parsed.why })
      else own.set(`${name}.${language}`, parsed.template)
    }
  }
  if (problems.length > 0) return { kind: 'problems', problems }
  return { kind: 'templates', templates: (name, language) => own.get(`${name}.${language}`) ?? builtIn(name, language) }
}
