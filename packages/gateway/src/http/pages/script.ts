/** `/auth/page.js`: shows and hides what was typed into a password field. The pages do all they must without it. */
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
`
