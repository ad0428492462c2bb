import { createLetters, type LetterParts, type SendLetter } from './account/mail/letters.ts'
import { createNotices, type Notices } from './account/mail/notices.ts'
import { readTemplates } from './account/mail/read-templates.ts'
import type { Templates } from './account/mail/templates.ts'
import { mailOrigin } from './config/check-credentials.ts'
import type { Config } from './config/paths.ts'
import type { Policy } from './decide/policy.ts'
import { GateError } from './errors.ts'
import { createMailer } from './forward/mailer.ts'
import type { Later } from './lib/later.ts'
import type { OutletParts } from './outlets.ts'
import type { Stores } from './store/store.ts'

/** How letters to people leave. */
export interface Post {
  readonly send: SendLetter
  readonly templates: Templates
}

/** Null without `mail` in the configuration. Opens no connection, and loads no mail client, before there is a letter. */
export function openPost(parts: OutletParts): Post | null {
  const { mail } = parts.config
  if (mail === null) return null
  const read = readTemplates(mail.templates)
  if (read.kind === 'problems') throw new GateError('internal', read.problems.map(({ file, why }) => `${file}: ${why}`).join(' '))
  return { send: createMailer({ ...parts, ...mail, origin: mailOrigin(mail.smtp) }), templates: read.templates }
}

/** Where links in letters lead: what the configuration says, never a request. */
export function letterSite(
  { theme, basePath }: Pick<Config, 'theme' | 'basePath'>,
  { publicOrigin }: Pick<Policy, 'publicOrigin'>,
): ReturnType<LetterParts['site']> {
  return { name: theme.name ?? new URL(publicOrigin).hostname, origin: publicOrigin, basePath }
}

export interface NoticeOptions extends OutletParts {
  readonly post: Post
  readonly stores: Pick<Stores, 'accounts'>
  readonly later: Later
  readonly site: LetterParts['site']
  readonly waits?: LetterParts['waits']
}

/** Null where people are told nothing. */
export function openNotices(
  { config, post, stores, clock, later, site, waits }: NoticeOptions,
  onFailure: (account: string) => void,
): (Notices & { close(): Promise<void> }) | null {
  const { mail } = config
  if (mail?.notices !== true) return null
  const notices = createNotices({
    accounts: stores.accounts,
    letters: createLetters({ ...post, later, site, ...(waits === undefined ? {} : { waits }) }),
    language: mail.language,
    recovers: mail.recovery && config.ownAccounts,
    clock,
    later,
    onFailure,
  })
  return {
    ...notices,
    async close() {
      // A dead mail server must not hold up the end of the process.
      let callOff = (): void => undefined
      await Promise.race([notices.flush(), new Promise<void>((resolve) => (callOff = later(resolve, CLOSE_MS)))])
      callOff()
    },
  }
}

const CLOSE_MS = 3000
