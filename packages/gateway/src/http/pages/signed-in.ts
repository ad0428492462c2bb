import { html } from 'hono/html'
import { frame, type PageContext } from './frame.ts'

/** Where a person lands who opens the sign-in page and is signed in already. */
export function signedInPage(
  context: PageContext,
  signedIn: { readonly account: string; readonly next: string; readonly hasProviders: boolean },
): Promise<string> {
  const { basePath } = context
  return frame(
    context,
    'You are signed in',
    html`<h1>You are signed in</h1>
      <p class="lead">as <strong>${signedIn.account}</strong></p>
      <div class="actions">
        <a class="button" href="${signedIn.next}">Continue</a>
        <form method="post" action="${basePath}/logout"><button class="button quiet" type="submit">Sign out</button></form>
      </div>
      <p class="more">
        <a href="${basePath}/password">Change password</a>
        ${signedIn.hasProviders ? html`· <a href="${basePath}/identities">Linked sign-ins</a>` : ''}
      </p>`,
  )
}
