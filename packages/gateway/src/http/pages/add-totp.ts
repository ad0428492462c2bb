import { html } from 'hono/html'
import { codeField, errorNote, frame, type PageContext } from './frame.ts'
import { passkeyForm } from './passkey-form.ts'
import { qrCode } from './qr.ts'
import { startOver } from './second-factor.ts'

export interface AddTotp {
  readonly uri: string
  readonly seed: string
  /** The same, sealed: comes back with the code. */
  readonly enrolment: string
  readonly name: string
  /** Without it there is no way on. */
  readonly isDemanded: boolean
  readonly errors: readonly string[]
}

/** The page that shows a seed, once, and takes the first code of it. */
export async function addTotpPage(context: PageContext, { uri, seed, enrolment, name, isDemanded, errors }: AddTotp): Promise<string> {
  const { texts, basePath } = context
  const failed = errors.length > 0
  return await frame(
    context,
    failed ? texts.errorIn(texts.totp.title) : texts.totp.title,
    html`<h1>${texts.totp.title}</h1>
      <p class="lead">${isDemanded ? html`${texts.totp.demanded} ` : ''}${texts.totp.lead}</p>
      ${errorNote(errors)} ${await qrCode(uri, texts.totp.image)}
      <p class="hint">${texts.totp.key}</p>
      <p><code>${(seed.match(/.{1,4}/g) ?? []).join(' ')}</code></p>
      <form method="post" action="${basePath}/factors/totp">
        ${codeField({ label: texts.totp.codeLabel, hint: texts.totp.codeHint, isInvalid: failed, digitsOnly: true })}
        <div class="field">
          <label for="name">${texts.totp.name}</label>
          <input id="name" name="name" type="text" maxlength="60" autocomplete="off" value="${name}" />
        </div>
        <input type="hidden" name="enrolment" value="${enrolment}" />
        <button class="button" type="submit">${texts.totp.button}</button>
      </form>
      ${isDemanded ? passkeyForm(context, { kind: 'register', action: '/factors/passkey', label: texts.passkey.add, next: null, isQuiet: true }) : ''}
      ${isDemanded ? startOver(context) : html`<p class="more"><a href="${basePath}/factors">${texts.back}</a></p>`}`,
  )
}
