import type { Later } from '../../lib/later.ts'
import { fill, type LetterName, type Templates } from './templates.ts'

/** Rejects when the server did not take it. */
export type SendLetter = (mail: { readonly to: readonly string[]; readonly subject: string; readonly text: string }) => Promise<void>

export interface LetterParts {
  readonly send: SendLetter
  readonly templates: Templates
  readonly later: Later
  /** After how many milliseconds each to try again; left out, for some minutes. */
  readonly waits?: readonly number[]
  /** The origin and the path of the gateway's own endpoints come from the configuration: no request can change where a link leads (MFA-19). */
  readonly site: () => { readonly name: string; readonly origin: string; readonly basePath: string }
}

export interface Letters {
  /** An address of one of the gateway's own pages. */
  link(page: string): string
  /** Answers when the mail server took it; tries again a few times before it rejects. */
  send(to: string, name: LetterName, language: string, values: Readonly<Record<string, string>>): Promise<void>
}

export function createLetters({ send, templates, later, site, waits: all = RETRY_MS }: LetterParts): Letters {
  const link = (page: string): string => `${site().origin}${site().basePath}${page}`

  async function persist(mail: Parameters<SendLetter>[0], waits: readonly number[]): Promise<void> {
    const [wait, ...further] = waits
    try {
      await send(mail)
    } catch (cause) {
      if (wait === undefined) throw cause
      await new Promise<void>((resolve) => void later(resolve, wait))
      await persist(mail, further)
    }
  }

  return {
    link,
    send: async (to, name, language, values) =>
      await persist({ to: [to], ...fill(templates(name, language), { site: site().name, ...values }) }, all),
  }
}

/** A mail server that greylists or restarts; a link is good for half an hour. */
const RETRY_MS = [5000, 30_000, 120_000]
