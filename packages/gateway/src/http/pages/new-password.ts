import { html } from 'hono/html'
import { accountField, errorNote, frame, type PageContext, passwordField } from './frame.ts'
import { startOver } from './second-factor.ts'

export interface NewPassword {
  readonly account: string
  readonly least: number
  readonly errors: readonly string[]
  /** It was forgotten; else the owner demands it. */
  readonly isRecovery: boolean
}

/** The last step of signing in after the owner demanded a new password. */
export function newPasswordPage(context: PageContext, { account, least, errors, isRecovery }: NewPassword): Promise<string> {
  const { texts, basePath } = context
  const failed = errors.length > 0
  return frame(
    context,
    failed ? texts.errorIn(texts.newPassword.title) : texts.newPassword.title,
    html`<h1>${texts.newPassword.title}</h1>
      <p class="lead">${isRecovery ? texts.recovery.newLead : texts.newPassword.lead}</p>
      ${errorNote(errors)}
      <form method="post" action="${basePath}/login/password">
        ${accountField(context, account)}
        ${passwordField(context, {
          id: 'newPassword',
          label: texts.changePassword.next,
          autocomplete: 'new-password',
          isFocused: true,
          describedBy: failed ? 'error' : null,
          isInvalid: failed,
          hint: texts.changePassword.hint(least),
          least,
        })}
        ${passwordField(context, {
          id: 'newPasswordAgain',
          label: texts.changePassword.again,
          autocomplete: 'new-password',
          isFocused: false,
          describedBy: null,
          isInvalid: failed,
          hint: null,
          least,
        })}
        <button class="button" type="submit">${texts.newPassword.button}</button>
      </form>
      ${startOver(context)}`,
  )
}
