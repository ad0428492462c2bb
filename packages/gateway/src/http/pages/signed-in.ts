import { html } from 'hono/html'
import { frame, type PageContext } from './frame.ts'

/** Where a person lands who opens the sign-in page and is signed in already. */
export function signedInPage(
  context: PageContext,
  signedIn: { readonly account: string; readonly next: string; readonly hasProviders: boolean },
): Promise<string> {
  const { basePath, texts } = context
  return frame(
    context,
    texts.signedIn.title,
    html`<h1>${texts.signedIn.title}</h1>
      <p class="lead">${texts.signedIn.as} <strong>${signedIn.account}</strong></p>
      <div class="actions">
        <a class="button" href="${signedIn.next}">${texts.signedIn.button}</a>
        <form method="post" action="${basePath}/logout"><button class="button quiet" type="submit">${texts.signOut}</button></form>
      </div>
      <p class="more">
        <a href="${basePath}/sessions">${texts.signedIn.sessions}</a> ·
        <a href="${basePath}/password">${texts.signedIn.changePassword}</a> · <a href="${basePath}/factors">${texts.signedIn.factors}</a>
        ${signedIn.hasProviders ? html`· <a href="${basePath}/identities">${texts.signedIn.linked}</a>` : ''}
      </p>`,
  )
}
