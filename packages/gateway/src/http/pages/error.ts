import { html } from 'hono/html'
import { frame, type PageContext } from './frame.ts'

export interface ErrorText {
  readonly title: string
  /** The stable code, for a person who asks the operator. */
  readonly code: string
  readonly request: string
  /** A path to go on to, and what is there. */
  readonly back: { readonly path: string; readonly label: string }
}

/** A refusal for a person: the public text and what to quote, nothing else. */
export function errorPage(context: PageContext, error: ErrorText): Promise<string> {
  const { texts } = context
  return frame(
    context,
    error.title.replace(/\.$/, ''),
    html`<h1>${error.title}</h1>
      <p class="lead">
        ${texts.error.lead(context.theme.name)} <code>${error.code}</code> ${texts.error.and} <code>${error.request}</code>.
      </p>
      <div class="actions"><a class="button" href="${error.back.path}">${error.back.label}</a></div>`,
  )
}
