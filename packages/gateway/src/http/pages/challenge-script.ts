/**
 * `/auth/challenge.js`: solves the puzzle of the page it stands on, hands the solution in and goes on. Web Crypto works off the main thread,
 * so that the page stays alive; several tries run at once.
 */
export const CHALLENGE_SCRIPT = `'use strict'
const box = document.getElementById('challenge')
const challenge = JSON.parse(box.dataset.challenge)
const texts = JSON.parse(box.dataset.said)
const said = document.getElementById('said')
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function fail(why) {
  box.hidden = true
  document.getElementById('why').textContent = why
  document.getElementById('failed').hidden = false
  document.getElementById('again').hidden = false
}

async function derive({ nonce, salt, cost, keyLength }, counter) {
  const password = new Uint8Array([...nonce, counter >>> 24, counter >>> 16, counter >>> 8, counter])
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: cost }, key, keyLength * 8))
}

// Every 256th key begins right, on average: the bar shows how likely it is to be found by now.
async function solve(parameters, show) {
  const work = { ...parameters, nonce: bytesOf(parameters.nonce), salt: bytesOf(parameters.salt) }
  const lanes = Math.min(8, Math.max(1, navigator.hardwareConcurrency || 2))
  let counter = 0
  let found = null
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (found === null) {
        const mine = counter++
        const key = hexOf(await derive(work, mine))
        show(1 - Math.exp(-counter / 16 ** parameters.keyPrefix.length))
        if (key.startsWith(parameters.keyPrefix)) found ??= { counter: mine, derivedKey: key, time: 0 }
      }
    }),
  )
  return found
}

// A browser that keeps no cookie would be sent round in circles: three checks within a minute are enough.
function comesAgain() {
  try {
    const name = 'cloakroom checks'
    const now = performance.timeOrigin + performance.now()
    const times = JSON.parse(sessionStorage.getItem(name) ?? '[]').filter((at) => now - at < 60_000)
    sessionStorage.setItem(name, JSON.stringify([...times, now]))
    return times.length >= 3
  } catch {
    return false
  }
}

async function run() {
  if (comesAgain()) return fail(texts.notKept)
  if (!navigator.cookieEnabled) return fail(texts.noCookies)
  if (!globalThis.crypto?.subtle) return fail(texts.insecure)
  const bar = document.getElementById('work')
  const slow = setTimeout(() => (said.textContent = texts.slow), 6000)
  const { parameters, signature } = challenge
  const solution = await solve(parameters, (share) => (bar.value = Math.max(bar.value, Math.round(share * 100))))
  clearTimeout(slow)
  bar.value = 100
  said.textContent = texts.done
  const text = JSON.stringify({ challenge: { parameters, signature }, solution })
  const form = document.getElementById('hand-in')
  form.elements.solution.value = btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  form.submit()
}

box.hidden = false
run().catch(() => fail(texts.failed))
`
