import { html } from 'hono/html'
import { failureText } from '../texts/pick.ts'
import { accountField, errorNote, frame, type PageContext } from './frame.ts'
import { startOver } from './second-factor.ts'

/** Where a person asks for a link to a new password. */
export function forgotPage(context: PageContext, errors: readonly string[]): Promise<string> {
  const { texts, basePath } = context
  const { recovery } = texts
  return frame(
    context,
    errors.length === 0 ? recovery.title : texts.errorIn(recovery.title),
    html`<h1>${recovery.title}</h1>
      <p class="lead">${recovery.lead}</p>
      ${errorNote(errors)}
      <form method="post" action="${basePath}/forgot">
        <div class="field">
          <label for="account">${recovery.who}</label>
          <input
            id="account"
            name="account"
            type="text"
            required
            autofocus
            autocomplete="username"
            autocapitalize="none"
            autocorrect="off"
            spellcheck="false"
            ${errors.length === 0 ? '' : html` aria-describedby="error"`}
          />
        </div>
        <button class="button" type="submit">${recovery.ask}</button>
      </form>
      <p class="more"><a href="${basePath}/login">${texts.back}</a></p>`,
  )
}

/** Says the same whether there is such an account or not. `account`: somebody has shown its password, and the owner demands a new one. */
export function linkMailedPage(context: PageContext, account: string | null): Promise<string> {
  const { texts, basePath } = context
  const { recovery } = texts
  return frame(
    context,
    recovery.mailedTitle,
    html`<h1>${recovery.mailedTitle}</h1>
      <p class="lead">${account === null ? recovery.mailed : recovery.demanded(account)}</p>
      <p>${recovery.noMail(context.theme.name)}</p>
      ${account === null ? html`<p class="more"><a href="${basePath}/login">${texts.back}</a></p>` : startOver(context)}`,
  )
}

/** What the link opens. It takes a press of a button to use it up. */
export function resetPage(context: PageContext, { account }: { readonly account: string }): Promise<string> {
  const { texts, basePath } = context
  return frame(
    context,
    texts.newPassword.title,
    html`<h1>${texts.newPassword.title}</h1>
      <p class="lead">${texts.recovery.confirm}</p>
      <form method="post" action="${basePath}/reset">
        ${accountField(context, account)}
        <button class="button" type="submit">${texts.recovery.goOn}</button>
      </form>`,
  )
}

/** The link was used, or is too old, or a newer one was mailed. */
export function outdatedLinkPage(context: PageContext): Promise<string> {
  const { texts, basePath } = context
  const title = failureText(texts, 'link_outdated')
  return frame(
    context,
    title.replace(/\.$/, ''),
    html`<h1>${texts.recovery.outdatedTitle}</h1>
      <p class="lead">${title}</p>
      <div class="actions"><a class="button" href="${basePath}/forgot">${texts.recovery.another}</a></div>
      <p class="more"><a href="${basePath}/login">${texts.error.toSignIn}</a></p>`,
  )
}
