import { html } from 'hono/html'
import { frame, type PageContext } from './frame.ts'

/** New recovery codes, shown this one time. `next` is where the visitor goes on to. */
export function recoveryCodesPage(context: PageContext, codes: readonly string[], next: string): Promise<string> {
  const { recoveryCodes } = context.texts
  return frame(
    context,
    recoveryCodes.title,
    html`<h1>${recoveryCodes.title}</h1>
      <p class="lead">${recoveryCodes.lead} ${recoveryCodes.before}</p>
      <ol class="codes">
        ${codes.map((code) => html`<li><code>${code}</code></li>`)}
      </ol>
      <a class="button" href="${next}">${recoveryCodes.button}</a>`,
  )
}
