import { html } from 'hono/html'
import { providerButtons, type SignIn } from './sign-in.ts'
import { passkeyForm } from './passkey-form.ts'
import { accountField, codeField, errorNote, frame, type Markup, type PageContext, passwordField } from './frame.ts'

export interface StepUpView {
  readonly account: string
  /** A path of this origin; see decide/next.ts. */
  readonly next: string
  /** Sentences; none at first. */
  readonly errors: readonly string[]
  readonly isInvalid: boolean
  /** It has a second factor: that is asked for, not the password. */
  readonly hasSecond: boolean
  readonly hasPasskey: boolean
  /** Where the account has neither a password nor a second factor, it signs in anew at one of these. */
  readonly providers: SignIn['providers'] | null
}

/** The page on which a person who is signed in confirms that it is he. The name is there for password managers. */
export function stepUpPage(
  context: PageContext,
  { account, next, errors, isInvalid, hasSecond, hasPasskey, providers }: StepUpView,
): Promise<string> {
  const { texts } = context
  return frame(
    context,
    errors.length === 0 ? texts.stepUp.title : texts.errorIn(texts.stepUp.title),
    html`<h1>${texts.stepUp.title}</h1>
      <p class="lead">${texts.stepUp.lead}</p>
      ${errorNote(errors)}
      ${hasPasskey ? passkeyForm(context, { kind: 'step-up', action: '/step-up', label: texts.passkey.use, next, isQuiet: false }) : ''}
      ${providers === null ? ownForm() : providerButtons(context, { providers, next })}
      <p class="more"><a href="/">${texts.stepUp.notNow}</a></p>`,
  )

  function ownForm(): Markup {
    return html`<form method="post" action="${context.basePath}/step-up">
      ${accountField(context, account)}
      ${
        hasSecond
          ? codeField({ label: texts.code.label, hint: texts.code.hint, isInvalid, digitsOnly: false })
          : passwordField(context, {
              id: 'password',
              label: texts.password,
              autocomplete: 'current-password',
              isFocused: true,
              describedBy: errors.length === 0 ? null : 'error',
              isInvalid,
              hint: null,
              least: null,
            })
      }
      <input type="hidden" name="next" value="${next}" />
      <button class="button" type="submit">${texts.stepUp.button}</button>
    </form>`
  }
}
