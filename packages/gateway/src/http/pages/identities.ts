import { html } from 'hono/html'
import type { Identity } from '../../account/identities.ts'
import { frame, type Markup, type PageContext } from './frame.ts'

/** A provider, and what one has there; null: nothing that is linked. */
export interface Way {
  readonly name: string
  readonly label: string
  readonly identity: Identity | null
}

/** Where a person links and parts the providers at which she may sign in. */
export function identitiesPage(
  context: PageContext,
  { account, ways }: { readonly account: string; readonly ways: readonly Way[] },
): Promise<string> {
  return frame(
    context,
    'Linked sign-ins',
    html`<h1>Linked sign-ins</h1>
      <p class="lead">of <strong>${account}</strong></p>
      <div class="actions">${ways.map((way) => wayForm(context, way))}</div>
      <p class="more"><a href="${context.basePath}/login">Back</a></p>`,
  )
}

function wayForm({ basePath }: PageContext, { name, label, identity }: Way): Markup {
  if (identity === null) {
    return html`<form method="post" action="${basePath}/oidc/start">
      <input type="hidden" name="provider" value="${name}" />
      <input type="hidden" name="link" value="yes" />
      <input type="hidden" name="next" value="${basePath}/identities" />
      <button class="button quiet" type="submit">Link with ${label}</button>
    </form>`
  }
  return html`<form method="post" action="${basePath}/identities/part">
    <input type="hidden" name="provider" value="${name}" />
    <button class="button quiet" type="submit">Part from ${label}</button>
  </form>`
}
