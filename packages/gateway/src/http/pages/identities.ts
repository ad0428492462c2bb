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
  const { texts, basePath } = context
  const { identities } = texts
  return frame(
    context,
    identities.title,
    html`<h1>${identities.title}</h1>
      <p class="lead">${identities.of} <strong>${account}</strong></p>
      <p>${identities.lead}</p>
      <div class="actions">${ways.map((way) => wayForm(context, way))}</div>
      <p class="more"><a href="${basePath}/login">${texts.back}</a></p>`,
  )
}

function wayForm({ basePath, texts }: PageContext, { name, label, identity }: Way): Markup {
  const { identities, language } = texts
  if (identity === null) {
    return html`<form method="post" action="${basePath}/oidc/start">
      <input type="hidden" name="provider" value="${name}" />
      <input type="hidden" name="link" value="yes" />
      <input type="hidden" name="next" value="${basePath}/identities" />
      <button class="button quiet" type="submit">${identities.link(label)}</button>
    </form>`
  }
  const since = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' }).format(identity.linkedAt)
  return html`<form method="post" action="${basePath}/identities/part">
    <p class="hint">${label}: ${identities.linked(since)}</p>
    <input type="hidden" name="provider" value="${name}" />
    <button class="button quiet" type="submit">${identities.part(label)}</button>
  </form>`
}
