import { html } from 'hono/html'
import { errorNote, frame, type PageContext, passwordField } from './frame.ts'

export interface StepUpView {
  readonly account: string
  /** A path of this origin; see decide/next.ts. */
  readonly next: string
  /** Sentences; none at first. */
  readonly errors: readonly string[]
  readonly isInvalid: boolean
}

/** The page on which a person who is signed in confirms that it is he. The name is there for password managers. */
export function stepUpPage(context: PageContext, { account, next, errors, isInvalid }: StepUpView): Promise<string> {
  return frame(
    context,
    errors.length === 0 ? 'Confirm that it is you' : 'Error: Confirm that it is you',
    html`<h1>Confirm that it is you</h1>
      <p class="lead">What comes next is only for <strong>${account}</strong>. Nothing that you were doing is lost.</p>
      ${errorNote(errors)}
      <form method="post" action="${context.basePath}/step-up">
        <div class="field">
          <label for="account">Account</label>
          <input id="account" type="text" autocomplete="username" value="${account}" readonly />
        </div>
        ${passwordField({
          id: 'password',
          label: 'Password',
          autocomplete: 'current-password',
          isFocused: true,
          describedBy: errors.length === 0 ? null : 'error',
          isInvalid,
          hint: null,
          least: null,
        })}
        <input type="hidden" name="next" value="${next}" />
        <button class="button" type="submit">Confirm</button>
      </form>
      <p class="more"><a href="/">Not now</a></p>`,
  )
}
