import { html } from 'hono/html'
import type { Markup, PageContext } from './frame.ts'

export interface PasskeyForm {
  readonly kind: 'sign-in' | 'second-factor' | 'step-up' | 'register'
  /** Below `basePath`. */
  readonly action: string
  readonly label: string
  readonly next: string | null
  readonly isQuiet: boolean
}

/** A button that the script shows where the browser knows passkeys; it fills the form and sends it. */
export function passkeyForm({ basePath, texts }: PageContext, { kind, action, label, next, isQuiet }: PasskeyForm): Markup {
  return html`<form method="post" action="${basePath}${action}" data-passkey="${kind}" data-options="${basePath}/passkey/options" hidden>
    <input type="hidden" name="passkey" value="" />
    ${next === null ? '' : html`<input type="hidden" name="next" value="${next}" />`}
    <button class="${isQuiet ? 'button quiet' : 'button'}" type="submit">${label}</button>
    <p class="hint" role="status" data-failed="${texts.passkey.failed}"></p>
  </form>`
}
