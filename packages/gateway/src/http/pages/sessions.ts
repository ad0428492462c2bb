import type { SessionEntry } from '@cloakroom/contract'
import { html } from 'hono/html'
import type { Instant } from '../../decide/head.ts'
import type { Texts } from '../texts/en.ts'
import { frame, type Markup, type PageContext } from './frame.ts'

export interface SessionsView {
  readonly account: string
  /** Now. */
  readonly at: Instant
  /** The newest first. */
  readonly entries: readonly SessionEntry[]
}

/** Where a person sees on which devices the own account is signed in, and signs them out. */
export function sessionsPage(context: PageContext, { account, at, entries }: SessionsView): Promise<string> {
  const { basePath, texts } = context
  const own = texts.sessions
  return frame(
    context,
    own.title,
    html`<h1>${own.title}</h1>
      <p class="lead">${texts.signedIn.as} <strong>${account}</strong>. ${own.lead}</p>
      <ul class="sessions">
        ${entries.map((entry) => item(context, entry, at))}
      </ul>
      <div class="actions">
        ${entries.length > 1 ? endMany(context, 'others', own.others, 'button') : ''}${endMany(context, 'all', own.all, 'button quiet')}
      </div>
      <form method="post" action="${basePath}/export">
        <button class="button quiet" type="submit">${own.download}</button>
      </form>
      <p class="more">
        <a href="${basePath}/password">${texts.signedIn.changePassword}</a> ·
        <a href="${basePath}/login">${texts.back}</a>
      </p>`,
  )
}

function endMany({ basePath }: PageContext, which: 'others' | 'all', text: string, look: string): Markup {
  return html`<form method="post" action="${basePath}/sessions/end">
    <input type="hidden" name="which" value="${which}" /><button class="${look}" type="submit">${text}</button>
  </form>`
}

function item(context: PageContext, entry: SessionEntry, at: Instant): Markup {
  const { texts } = context
  const own = texts.sessions
  const methods = entry.methods.map((method) => own.methods[method] ?? method).join(own.and)
  return html`<li>
    <p class="device"><strong>${deviceOf(entry, texts)}</strong>${entry.current ? html` <span class="tag">${own.current}</span>` : ''}</p>
    <p class="hint">
      ${entry.address} · ${own.signedIn} <time datetime="${entry.startedAt}">${moment(entry.startedAt, texts)}</time> ${own.with} ${methods}
      · ${own.lastUsed} <time datetime="${entry.seenAt}">${ago(at - Date.parse(entry.seenAt), texts)}</time>
    </p>
    ${entry.current ? '' : endOne(context, entry)}
  </li>`
}

function endOne({ basePath, texts }: PageContext, entry: SessionEntry): Markup {
  return html`<form method="post" action="${basePath}/sessions/end">
    <input type="hidden" name="label" value="${entry.label}" />
    <button class="button quiet small" type="submit" aria-label="${texts.sessions.endThis(deviceOf(entry, texts))}">
      ${texts.signOut}
    </button>
  </form>`
}

function deviceOf({ browser, system }: SessionEntry, { sessions }: Texts): string {
  if (browser === null) return system ?? sessions.otherProgram
  return system === null ? browser : sessions.on(browser, system)
}

/** A person may be in another zone than the server, so the zone is said. */
function moment(iso: string, { language }: Texts): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return `${format.format(new Date(iso))} UTC`
}

function ago(ms: number, { language }: Texts): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 120) return format.format(-minutes, 'minute')
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? format.format(-hours, 'hour') : format.format(-Math.floor(hours / 24), 'day')
}
