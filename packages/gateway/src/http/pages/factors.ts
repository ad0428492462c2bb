import { html } from 'hono/html'
import { passkeyForm } from './passkey-form.ts'
import { errorNote, frame, type Markup, type PageContext } from './frame.ts'

export interface FactorsView {
  readonly factors: readonly FactorLine[]
  /** Null: there are none. */
  readonly codesLeft: number | null
  readonly isDemanded: boolean
  readonly isDone: boolean
  readonly errors: readonly string[]
}

export interface FactorLine {
  readonly id: string
  readonly kind: 'totp' | 'passkey'
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** What one shows beside the password: to see, add and remove. */
export function factorsPage(context: PageContext, view: FactorsView): Promise<string> {
  const { texts, basePath } = context
  const own = texts.factors
  return frame(
    context,
    view.errors.length === 0 ? own.title : texts.errorIn(own.title),
    html`<h1>${own.title}</h1>
      <p class="lead">
        ${own.lead}${view.factors.length === 0 ? html` ${own.none}` : ''}${view.isDemanded && view.factors.length === 0 ? html` ${own.demanded}` : ''}
      </p>
      ${errorNote(view.errors)} ${view.isDone ? html`<div class="note done" role="status"><p>${own.changed}</p></div>` : ''}
      ${
        view.factors.length === 0
          ? ''
          : html`<ul class="list">
              ${view.factors.map((factor) => line(context, factor))}
            </ul>`
      }
      ${view.codesLeft === null ? '' : html`<p class="hint">${own.codesLeft(view.codesLeft)}</p>`}
      <div class="actions">
        ${passkeyForm(context, { kind: 'register', action: '/factors/passkey', label: texts.passkey.add, next: null, isQuiet: false })}
        <a class="button" href="${basePath}/factors/totp">${own.addTotp}</a>
        ${
          view.factors.length === 0
            ? ''
            : html`<form method="post" action="${basePath}/factors/recovery-codes">
                <button class="button quiet" type="submit">${own.newCodes}</button>
              </form>`
        }
      </div>
      <p class="more"><a href="${basePath}/login">${texts.back}</a></p>`,
  )
}

function line({ texts, basePath }: PageContext, { id, kind, name, createdAt, lastUsedAt }: FactorLine): Markup {
  const own = texts.factors
  const day = (at: number): string => new Intl.DateTimeFormat(texts.language, { dateStyle: 'medium', timeZone: 'UTC' }).format(at)
  const shown = name === '' ? own[kind] : name
  return html`<li>
    <p>
      <strong>${shown}</strong><br /><span class="hint"
        >${own[kind]}, ${own.addedOn(day(createdAt))}${lastUsedAt === null ? '' : html`, ${own.usedOn(day(lastUsedAt))}`}</span
      >
    </p>
    <form method="post" action="${basePath}/factors/remove">
      <input type="hidden" name="id" value="${id}" />
      <button class="link" type="submit" aria-label="${own.removeThis(shown)}">${own.remove}</button>
    </form>
  </li>`
}
