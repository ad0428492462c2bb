import { html } from 'hono/html'
import { frame, type PageContext } from './frame.ts'

export interface Onward {
  /** An http(s) address or a path; the browser goes there by itself. */
  readonly to: string
  readonly title: string
  readonly label: string
}

/**
 * Leads on by a refresh. A redirect would not do: browsers apply `form-action` to where a form's answer leads, and count what another site
 * began as that site's request to the end, without our Strict cookies.
 */
export function onwardPage(context: PageContext, { to, title, label }: Onward): Promise<string> {
  return frame(
    context,
    title,
    html`<h1>${title}</h1>
      <div class="actions"><a class="button" href="${to}">${label}</a></div>`,
    to,
  )
}
