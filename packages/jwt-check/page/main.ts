/// <reference lib="dom" />
import { buildScene } from '../src/build-scene.ts'
import { checkScene, type Report } from '../src/check.ts'
import { claimsOf, headerOf } from '../src/jose/jwt.ts'
import { readKeySet } from '../src/jose/keys.ts'
import { limits } from '../src/limits.ts'
import { type ProfileName, profiles } from '../src/profile.ts'
import { jsonReport } from '../src/report/json.ts'
import { sarifReport } from '../src/report/sarif.ts'
import { readInput } from '../src/scan/read-input.ts'
import type { Scene } from '../src/scene.ts'
import { version } from '../src/version.ts'
import { findingCards } from './cards.ts'
import { element, find } from './dom.ts'
import { sample } from './sample.ts'

const input = find('input', HTMLTextAreaElement)
const form = find('form', HTMLFormElement)
let last: Report | undefined

for (const name of Object.keys(profiles)) find('profile', HTMLSelectElement).append(element('option', { value: name }, name))

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void examine()
})
form.addEventListener('reset', () => show(undefined, undefined))
find('sample', HTMLButtonElement).addEventListener('click', () => {
  input.value = sample(Math.floor(Date.now() / 1000))
  void examine()
})
form.addEventListener('dragover', (event) => {
  event.preventDefault()
  form.classList.add('over')
})
form.addEventListener('dragleave', () => form.classList.remove('over'))
form.addEventListener('drop', (event) => {
  event.preventDefault()
  form.classList.remove('over')
  const file = event.dataTransfer?.files[0]
  if (file !== undefined) void take(file)
})
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-format]')) {
  button.addEventListener('click', () => save(button.dataset['format'] === 'sarif' ? 'sarif' : 'json'))
}

async function take(file: File): Promise<void> {
  if (file.size > limits.inputBytes) {
    announce(`The file is larger than ${limits.inputBytes / 1024 / 1024} MB. Cut out the part of interest.`, 'bad')
    return
  }
  input.value = await file.text()
  await examine()
}

async function examine(): Promise<void> {
  const { jwts, keySets, sightings, exchanges } = readInput(input.value, 'input', 'check')
  if (jwts.length + keySets.length + sightings.length + exchanges.length === 0) {
    show(undefined, undefined)
    announce('There is no JWT and no key set in the input.', 'bad')
    return
  }
  announce('Examining …', '')
  // One frame of rest, so that the line above is seen while secrets are guessed.
  await new Promise((resolve) => setTimeout(resolve, 30))
  const scene = buildScene({
    jwts,
    sightings,
    exchanges,
    keySets: [...keySets, ...ownKeys()],
    now: clock(),
    guessing: guessing(),
    ...held(),
    expected: expected(),
  })
  show(await checkScene(scene), scene)
}

function ownKeys() {
  const text = find('keys', HTMLTextAreaElement).value.trim()
  return text === '' ? [] : [readKeySet(text, 'keys', true)]
}

function clock(): number {
  const text = find('clock', HTMLInputElement).value.trim()
  return /^\d{1,12}$/.test(text) ? Number(text) : Math.floor(Date.now() / 1000)
}

function guessing() {
  return find('guess', HTMLInputElement).checked ? { milliseconds: 3000 } : { tries: 0 }
}

function held() {
  const name = find('profile', HTMLSelectElement).value
  return name === '' ? {} : { profile: profiles[name as ProfileName] }
}

function expected() {
  const [issuer, audience] = [find('issuer', HTMLInputElement).value.trim(), find('audience', HTMLInputElement).value.trim()]
  return { ...(issuer === '' ? {} : { issuer }), ...(audience === '' ? {} : { audience }) }
}

function show(report: Report | undefined, scene: Scene | undefined): void {
  last = report
  find('downloads', HTMLElement).hidden = report === undefined
  find('findings', HTMLElement).replaceChildren(...(report === undefined ? [] : findingCards(report)))
  find('decoded', HTMLElement).replaceChildren(...(scene === undefined ? [] : decoded(scene)))
  if (report === undefined) announce('Nothing examined yet.', '')
  else announce(summary(report), report.counts.error > 0 ? 'bad' : report.counts.warning > 0 ? '' : 'good')
}

function summary({ counts }: Report): string {
  const total = counts.error + counts.warning + counts.info
  if (total === 0) return 'No findings. What was checked looks sound; what was not given (keys, profile) was not checked.'
  return `${counts.error} ${counts.error === 1 ? 'error' : 'errors'}, ${counts.warning} ${counts.warning === 1 ? 'warning' : 'warnings'}, ${counts.info} for information`
}

function decoded(scene: Scene): readonly Node[] {
  return scene.subjects.slice(0, 10).flatMap(({ label, jwt }) => {
    const header = headerOf(jwt)
    if (header === undefined) return []
    const text = JSON.stringify({ header, claims: claimsOf(jwt) }, null, 2)
    return [
      element('h3', {}, `${label}, decoded`),
      element('pre', { tabindex: '0', role: 'region', 'aria-label': `${label}, decoded` }, text),
    ]
  })
}

function announce(text: string, mood: string): void {
  const line = find('summary', HTMLElement)
  line.textContent = text
  line.className = mood
}

function save(format: 'json' | 'sarif'): void {
  if (last === undefined) return
  const text = format === 'json' ? jsonReport(last) : sarifReport(last, version)
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  element('a', { href: url, download: `jwt-check.${format}` }, '').click()
  URL.revokeObjectURL(url)
}
