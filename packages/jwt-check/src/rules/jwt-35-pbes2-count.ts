import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** Twice the 600 000 rounds that OWASP advises for PBKDF2 with SHA-256, and the floor that RFC 7518 §4.8.1.2 sets. */
const rounds = { most: 1_200_000, least: 1000 } as const

/** The number of rounds comes from the sender, and the recipient pays for it. */
export const pbes2Count: Rule = {
  id: 'JWT-35',
  title: 'PBES2 iteration count out of bounds',
  severity: 'error',
  source: 'bis §2.10, §3.13; RFC 7518 §4.8.1.2',
  why: 'A huge "p2c" keeps a server busy for minutes with one small request; a tiny one makes the password easy to guess.',
  remedy: 'Refuse counts over 1 200 000 before deriving anything, and turn PBES2 off where no passwords are meant. Issue at least 600 000.',
  check: (scene) =>
    eachHeader(scene, ({ alg, p2c }) => {
      const pbes2 = typeof alg === 'string' && alg.startsWith('PBES2')
      if (p2c === undefined) return pbes2 ? [{ pointer: 'header.p2c', reason: 'PBES2 without p2c.' }] : []
      if (typeof p2c !== 'number' || !Number.isInteger(p2c)) return [{ pointer: 'header.p2c', reason: 'p2c is not a whole number.' }]
      if (p2c > rounds.most) return [{ pointer: 'header.p2c', reason: `p2c is ${p2c}: a denial of service.` }]
      return p2c < rounds.least ? [{ pointer: 'header.p2c', reason: `p2c is ${p2c}: passwords fall quickly.` }] : []
    }),
}
