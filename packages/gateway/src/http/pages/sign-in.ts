import { html } from 'hono/html'
import { errorNote, frame, type PageContext, passwordField } from './frame.ts'

export interface SignIn {
  /** As typed before; empty at first. */
  readonly account: string
  /** A path of this origin; see decide/next.ts. */
  readonly next: string
  /** Sentences; none at first. */
  readonly errors: readonly string[]
  /** The error is about name or password, not about something else. */
  readonly isInvalid: boolean
}

/** The page on which a person signs in. Works without scripts and with a password manager. */
export function signInPage(context: PageContext, { account, next, errors, isInvalid }: SignIn): Promise<string> {
  const described = errors.length === 0 ? '' : html` aria-describedby="error"`
  const invalid = isInvalid ? html` aria-invalid="true"` : ''
  return frame(
    context,
    errors.length === 0 ? 'Sign in' : 'Error: Sign in',
    html`<h1>Sign in</h1>
      <p class="lead">to continue to ${context.theme.name}</p>
      ${errorNote(errors)}
      <form method="post" action="${context.basePath}/login">
        <div class="field">
          <label for="account">Account</label>
          <input
            id="account"
            name="account"
            type="text"
            required
            autocomplete="username"
            autocapitalize="none"
            autocorrect="off"
            spellcheck="false"
            value="${account}"
            ${described}${invalid}${account === '' ? html` autofocus` : ''}
          />
        </div>
        ${passwordField({
          id: 'password',
          label: 'Password',
          autocomplete: 'current-password',
          isFocused: account !== '',
          describedBy: errors.length === 0 ? null : 'error',
          isInvalid,
          hint: null,
          least: null,
        })}
        <input type="hidden" name="next" value="${next}" />
        <button class="button" type="submit">Sign in</button>
      </form>`,
  )
}
