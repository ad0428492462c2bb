import { html } from 'hono/html'
import type { Methods } from '../../account/login.ts'
import { passkeyForm } from './passkey-form.ts'
import { codeField, errorNote, frame, type PageContext } from './frame.ts'

/** The second step of signing in. */
export function secondFactorPage(context: PageContext, errors: readonly string[], methods: Methods): Promise<string> {
  const { texts, basePath } = context
  return frame(
    context,
    errors.length === 0 ? texts.code.title : texts.errorIn(texts.code.title),
    html`<h1>${texts.code.title}</h1>
      <p class="lead">${texts.code.lead}</p>
      ${errorNote(errors)}
      ${
        methods.includes('passkey')
          ? passkeyForm(context, { kind: 'second-factor', action: '/login/factor', label: texts.passkey.use, next: null, isQuiet: false })
          : ''
      }
      <form method="post" action="${basePath}/login/factor">
        ${codeField({ label: texts.code.label, hint: texts.code.hint, isInvalid: errors.length > 0, digitsOnly: false })}
        <button class="button" type="submit">${texts.code.button}</button>
      </form>
      ${startOver(context)}`,
  )
}

/** The way out of a login that is not one's own, or of a mistake in the name. */
export function startOver({ texts, basePath }: PageContext): ReturnType<typeof html> {
  return html`<form class="more" method="post" action="${basePath}/login/cancel">
    <button class="link" type="submit">${texts.signIn.startOver}</button>
  </form>`
}
