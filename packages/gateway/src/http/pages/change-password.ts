import { html } from 'hono/html'
import { errorNote, frame, type PageContext, passwordField } from './frame.ts'

export interface ChangePassword {
  readonly account: string
  /** Code points that a new password must have at least. */
  readonly least: number
  readonly errors: readonly string[]
  /** Which field the error is about; null when it is about neither. */
  readonly wrong: 'current' | 'new' | null
  /** It was changed just now. */
  readonly isDone: boolean
}

/** The page on which a person changes the own password. The name is there for password managers. */
export function changePasswordPage(context: PageContext, page: ChangePassword): Promise<string> {
  const { basePath } = context
  const failed = page.errors.length > 0
  return frame(
    context,
    failed ? 'Error: Change password' : 'Change password',
    html`<h1>Change password</h1>
      <p class="lead">You stay signed in here. Everywhere else your account is signed out.</p>
      ${errorNote(page.errors)} ${page.isDone ? html`<div class="note done" role="status"><p>Your password is changed.</p></div>` : ''}
      <form method="post" action="${basePath}/password">
        <div class="field">
          <label for="account">Account</label>
          <input id="account" type="text" autocomplete="username" value="${page.account}" readonly />
        </div>
        ${passwordField({
          id: 'currentPassword',
          label: 'Current password',
          autocomplete: 'current-password',
          isFocused: page.wrong === 'current',
          describedBy: page.wrong === 'current' ? 'error' : null,
          isInvalid: page.wrong === 'current',
          hint: null,
          least: null,
        })}
        ${passwordField({
          id: 'newPassword',
          label: 'New password',
          autocomplete: 'new-password',
          isFocused: page.wrong === 'new',
          describedBy: page.wrong === 'new' ? 'error' : null,
          isInvalid: page.wrong === 'new',
          hint: `At least ${String(page.least)} characters. A few words in a row are easy to remember.`,
          least: page.least,
        })}
        ${passwordField({
          id: 'newPasswordAgain',
          label: 'New password again',
          autocomplete: 'new-password',
          isFocused: false,
          describedBy: null,
          isInvalid: page.wrong === 'new',
          hint: null,
          least: page.least,
        })}
        <button class="button" type="submit">Change password</button>
      </form>
      <p class="more"><a href="${basePath}/login">Back</a></p>`,
  )
}
