import { html } from 'hono/html'
import { MOST } from '../../decide/password-policy.ts'
import type { Texts } from '../texts/en.ts'
import type { Theme } from './theme.ts'

/** Markup whose values are escaped already; only html makes it. */
export type Markup = ReturnType<typeof html>

/** What every page of the gateway's own needs to know. */
export interface PageContext {
  readonly theme: Theme
  /** `/auth`, no trailing slash. */
  readonly basePath: string
  /** Changes with the assets' content, so that they may be cached for good. */
  readonly version: string
  /** In the visitor's language. */
  readonly texts: Texts
  /** Every one, for the switch. */
  readonly languages: readonly Pick<Texts, 'language' | 'ownName'>[]
  /** The page that is shown: where a choice of language leads back to. */
  readonly here: string
}

/** A whole page around its content. Everything it loads is from the gateway's own origin. `onward`: an address that the browser goes to at once. */
export async function frame(context: PageContext, title: string, content: Markup, onward: string | null = null): Promise<string> {
  const { theme, basePath, version, texts } = context
  const page = await html`<!doctype html>
    <html lang="${texts.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${onward === null ? '' : html`<meta http-equiv="refresh" content="0;url=${onward}" />`}
        <title>${title} · ${theme.name}</title>
        <link rel="stylesheet" href="${basePath}/style.css?v=${version}" />
        <script src="${basePath}/page.js?v=${version}" defer></script>
      </head>
      <body>
        <main>${brand(context)}${content}</main>
        ${languageSwitch(context)}
      </body>
    </html>`
  return page.toString()
}

/** Each language by its own name, the one of this page without a button. */
function languageSwitch({ basePath, texts, languages, here }: PageContext): Markup {
  const one = ({ language, ownName }: Pick<Texts, 'language' | 'ownName'>): Markup =>
    language === texts.language
      ? html`<span lang="${language}" aria-current="true">${ownName}</span>`
      : html`<button class="link" type="submit" name="language" value="${language}" lang="${language}">${ownName}</button>`
  return html`<footer>
    <form class="languages" method="post" action="${basePath}/language" aria-label="${texts.languages}">
      <input type="hidden" name="next" value="${here}" />${languages.map(one)}
    </form>
  </footer>`
}

function brand({ theme, basePath, version }: PageContext): Markup {
  const { logo, name } = theme
  if (logo === null) return html`<p class="brand"><span class="mark" aria-hidden="true">${initial(name)}</span>${name}</p>`
  return html`<p class="brand"><img src="${basePath}/logo?v=${version}" alt="${name}" /></p>`
}

function initial(name: string): string {
  return (Array.from(name)[0] ?? '').toUpperCase()
}

export interface PasswordField {
  readonly id: string
  readonly label: string
  readonly autocomplete: 'current-password' | 'new-password'
  readonly isFocused: boolean
  /** The id of the element that says what is wrong with it, or how it should be. */
  readonly describedBy: string | null
  readonly isInvalid: boolean
  /** Shown below it. */
  readonly hint: string | null
  /** Told to password generators and the browser; null for an existing password. */
  readonly least: number | null
}

/** A password field that managers recognise, into which one may paste, with a button that the script brings to life. */
export function passwordField({ texts }: PageContext, field: PasswordField): Markup {
  const hintId = `${field.id}-hint`
  const described = [field.describedBy, field.hint === null ? null : hintId].filter((id) => id !== null).join(' ')
  const rules = field.least === null ? '' : html` minlength="${field.least}" passwordrules="minlength: ${field.least}; maxlength: ${MOST};"`
  return html`<div class="field">
    <label for="${field.id}">${field.label}</label>
    <div class="entry">
      <input
        id="${field.id}"
        name="${field.id}"
        type="password"
        required
        autocomplete="${field.autocomplete}"
        autocapitalize="none"
        autocorrect="off"
        spellcheck="false"
        ${rules}${described === '' ? '' : html` aria-describedby="${described}"`}${field.isInvalid ? html` aria-invalid="true"` : ''}${field.isFocused ? html` autofocus` : ''}
      />
      <button
        class="reveal"
        type="button"
        hidden
        aria-controls="${field.id}"
        data-reveals="${field.id}"
        data-show="${texts.show}"
        data-hide="${texts.hide}"
        data-show-this="${texts.showThis(field.label)}"
        data-hide-this="${texts.hideThis(field.label)}"
      >
        ${texts.show}
      </button>
    </div>
    ${field.hint === null ? '' : html`<p class="hint" id="${hintId}">${field.hint}</p>`}
  </div>`
}

/** What went wrong, read out by screen readers at once. Empty when nothing did. */
export function errorNote(lines: readonly string[]): Markup {
  if (lines.length === 0) return html``
  return html`<div class="note error" id="error" role="alert" aria-live="assertive">${lines.map((line) => html`<p>${line}</p>`)}</div>`
}

/** Where password managers look whose password it is; not for changing. */
export function accountField({ texts }: PageContext, account: string): Markup {
  return html`<div class="field">
    <label for="account">${texts.account}</label>
    <input id="account" type="text" autocomplete="username" value="${account}" readonly />
  </div>`
}

/** A field for a code that changes, or one of paper. Phones offer digits, and the code that they have just received. */
export function codeField(field: {
  readonly label: string
  readonly hint: string
  readonly isInvalid: boolean
  readonly digitsOnly: boolean
}): Markup {
  return html`<div class="field">
    <label for="code">${field.label}</label>
    <input
      id="code"
      name="code"
      type="text"
      required
      autofocus
      autocomplete="one-time-code"
      autocapitalize="none"
      autocorrect="off"
      spellcheck="false"
      ${field.digitsOnly ? html`inputmode="numeric" ` : ''}aria-describedby="${field.isInvalid ? 'error ' : ''}code-hint"
      ${field.isInvalid ? html` aria-invalid="true"` : ''}
    />
    <p class="hint" id="code-hint">${field.hint}</p>
  </div>`
}
