import { html } from 'hono/html'
import { passkeyForm } from './passkey-form.ts'
import { errorNote, frame, type Markup, type PageContext, passwordField } from './frame.ts'

export interface SignIn {
  /** As typed before; empty at first. */
  readonly account: string
  /** A path of this origin; see decide/next.ts. */
  readonly next: string
  /** Sentences; none at first. */
  readonly errors: readonly string[]
  /** The error is about name or password, not about something else. */
  readonly isInvalid: boolean
  /** Where one may sign in instead. */
  readonly providers: readonly { readonly name: string; readonly label: string }[]
  readonly ownAccounts: boolean
  /** A forgotten password can be replaced by mail. */
  readonly canRecover: boolean
  /** What is done, and why one is here. */
  readonly done?: string | null
}

/** The page on which a person signs in. Works without scripts and with a password manager. */
export function signInPage(context: PageContext, signIn: SignIn): Promise<string> {
  const { errors, providers, ownAccounts, canRecover, done = null } = signIn
  const { texts } = context
  return frame(
    context,
    errors.length === 0 ? texts.signIn.title : texts.errorIn(texts.signIn.title),
    html`<h1>${texts.signIn.title}</h1>
      <p class="lead">${texts.continueTo(context.theme.name)}</p>
      ${errorNote(errors)}${done === null ? '' : html`<div class="note done" role="status"><p>${done}</p></div>`}${ownAccounts ? passwordForm(context, signIn) : ''}${ownAccounts ? passkeyForm(context, { kind: 'sign-in', action: '/login/passkey', label: texts.passkey.signIn, next: signIn.next, isQuiet: true }) : ''}
      ${ownAccounts && providers.length > 0 ? html`<p class="or"><span>${texts.signIn.or}</span></p>` : ''}${providerButtons(context, signIn)}
      ${canRecover ? html`<p class="more"><a href="${context.basePath}/forgot">${texts.signIn.forgot}</a></p>` : ''}`,
  )
}

function passwordForm(context: PageContext, { account, next, errors, isInvalid }: SignIn): Markup {
  const { texts } = context
  const described = errors.length === 0 ? '' : html` aria-describedby="error"`
  const invalid = isInvalid ? html` aria-invalid="true"` : ''
  return html`<form method="post" action="${context.basePath}/login">
    <div class="field">
      <label for="account">${texts.account}</label>
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
    ${passwordField(context, {
      id: 'password',
      label: texts.password,
      autocomplete: 'current-password',
      isFocused: account !== '',
      describedBy: errors.length === 0 ? null : 'error',
      isInvalid,
      hint: null,
      least: null,
    })}
    <input type="hidden" name="next" value="${next}" />
    <button class="button" type="submit">${texts.signIn.button}</button>
  </form>`
}

/** A form each: a sign-in begins because somebody pressed a button here, never because a page elsewhere names an address (OIDC-18). */
export function providerButtons({ basePath, texts }: PageContext, { providers, next }: Pick<SignIn, 'providers' | 'next'>): Markup {
  return html`<div class="actions">
    ${providers.map(
      ({ name, label }) =>
        html`<form method="post" action="${basePath}/oidc/start">
          <input type="hidden" name="provider" value="${name}" />
          <input type="hidden" name="next" value="${next}" />
          <button class="button quiet" type="submit">${texts.signIn.with(label)}</button>
        </form>`,
    )}
  </div>`
}
