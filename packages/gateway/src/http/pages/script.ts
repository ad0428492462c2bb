/** `/auth/page.js`: shows and hides what was typed into a password field, and talks to the browser about passkeys. The pages do all else without it. */
export const PAGE_SCRIPT = `'use strict'
for (const button of document.querySelectorAll('button[data-reveals]')) {
  const field = document.getElementById(button.dataset.reveals)
  if (!field) continue
  const show = (shown) => {
    const { show, hide, showThis, hideThis } = button.dataset
    field.type = shown ? 'text' : 'password'
    button.textContent = shown ? hide : show
    button.setAttribute('aria-label', shown ? hideThis : showThis)
  }
  show(false)
  button.hidden = false
  button.parentElement.classList.add('revealing')
  button.addEventListener('click', () => show(field.type === 'password'))
  // A browser offers to remember what a text field held; it must not do that with a password.
  field.form.addEventListener('submit', () => show(false))
}
for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (!('PublicKeyCredential' in window) || !PublicKeyCredential.parseCreationOptionsFromJSON) continue
  const kind = form.dataset.passkey
  const note = form.querySelector('[data-failed]')
  form.hidden = false
  form.addEventListener('submit', async (event) => {
    if (form.elements.passkey.value !== '') return
    event.preventDefault()
    note.textContent = ''
    try {
      const asked = await fetch(form.dataset.options, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ for: kind }),
      })
      if (!asked.ok) {
        // The page knows what to say: that one is to sign in, or to confirm who one is.
        location.reload()
        return
      }
      const options = await asked.json()
      const credential =
        kind === 'register'
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
      form.elements.passkey.value = JSON.stringify(credential.toJSON())
      form.requestSubmit()
    } catch {
      note.textContent = note.dataset.failed
    }
  })
}
`
