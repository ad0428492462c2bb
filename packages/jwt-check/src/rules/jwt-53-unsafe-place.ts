import type { Rule } from '../rule.ts'
import type { Sighting } from '../scene.ts'

const words: Readonly<Record<Sighting['place'], string>> = {
  'url-query': 'in the query of a URL: it ends up in logs, history and Referer headers',
  'url-fragment': 'in the fragment of a URL: scripts and history keep it',
  'local-storage': 'in localStorage: every script of the origin reads it',
  'session-storage': 'in sessionStorage: every script of the page reads it',
  'indexed-db': 'in IndexedDB: every script of the origin reads it',
  'readable-cookie': 'in a cookie without HttpOnly: every script of the page reads it',
  html: 'in an HTML page: caches and scripts keep it',
  script: 'in a script: everybody who loads the script has it',
  log: 'in a log: everybody who reads logs can use it',
}

/** A JWT where scripts, strangers or log readers find it. */
export const unsafePlace: Rule = {
  id: 'JWT-53',
  title: 'JWT found in an unsafe place',
  severity: 'error',
  source: 'RFC 10017 §8.5; ASVS 14.2.1, 14.3.3',
  why: 'One injected script, one shared log or one copied link is enough to take the JWT and act as its owner.',
  remedy: 'Keep JWTs on the server, behind a gateway session with an HttpOnly cookie. Revoke the ones found here.',
  check: (scene) =>
    scene.sightings.map(({ label, place, where }) => ({ at: label, pointer: where, reason: `A JWT lies ${words[place]}.` })),
}
