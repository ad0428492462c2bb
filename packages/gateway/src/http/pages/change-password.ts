import { html } from 'hono/html'
import { accountField, errorNote, frame, type PageContext, passwordField } from './frame.ts'

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
  const { basePath, texts } = context
  const { changePassword } = texts
  const failed = page.errors.length > 0
  return frame(
    context,
    failed ? texts.errorIn(changePassword.title) : changePassword.title,
    html`<h1>${changePassword.title}</h1>
      <p class="lead">${changePassword.lead}</p>
      ${errorNote(page.errors)} ${page.isDone ? html`<div class="note done" role="status"><p>${changePassword.done}</p></div>` : ''}
      <form method="post" action="${basePath}/password">
        ${accountField(context, page.account)}
        ${passwordField(context, {
          id: 'currentPassword',
          label: changePassword.current,
          autocomplete: 'current-password',
          isFocused: page.wrong === 'current',
          describedBy: page.wrong === 'current' ? 'error' : null,
          isInvalid: page.wrong === 'current',
          hint: null,
          least: null,
        })}
        ${passwordField(context, {
          id: 'newPassword',
          label: changePassword.next,
          autocomplete: 'new-password',
          isFocused: page.wrong === 'new',
          describedBy: page.wrong === 'new' ? 'error' : null,
          isInvalid: page.wrong === 'new',
          hint: changePassword.hint(page.least),
          least: page.least,
        })}
        ${passwordField(context, {
          id: 'newPasswordAgain',
          label: changePassword.again,
          autocomplete: 'new-password',
          isFocused: false,
          describedBy: null,
          isInvalid: page.wrong === 'new',
          hint: null,
          least: page.least,
        })}
        <button class="button" type="submit">${changePassword.button}</button>
      </form>
      <p class="more"><a href="${basePath}/login">${texts.back}</a></p>`,
  )
}
