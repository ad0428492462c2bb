import { headerOf, type Jwt } from '../jose/jwt.ts'
import type { Rule } from '../rule.ts'
import { eachSigned, type Note } from './each.ts'

/** A JWT inside a JWT: both layers must announce themselves and be checked. */
export const nested: Rule = {
  id: 'JWT-33',
  title: 'Nested JWT is badly marked or unsigned inside',
  severity: 'error',
  source: 'bis §2.3, §3.3, §3.11; RFC 7519 §5.2',
  why: 'Verifiers that check the outer layer alone believe inner claims that nobody signed.',
  remedy: 'Set "cty": "JWT" outside and a specific "typ" inside, sign the inner JWT, and verify every layer.',
  check: (scene) =>
    eachSigned(scene, ({ header, payload }) => {
      if (payload.kind !== 'nested')
        return header['cty'] === undefined || !isJwt(header['cty'])
          ? []
          : [{ pointer: 'header.cty', reason: 'cty says JWT, but the payload is not one.' }]
      const marked = isJwt(header['cty'])
      return [
        ...(marked ? [] : [{ pointer: 'header.cty', reason: 'The payload is a JWT, but cty does not say so.' }]),
        ...inside(payload.inner),
      ]
    }),
}

function inside(inner: Jwt): readonly Note[] {
  const header = headerOf(inner)
  if (inner.kind === 'unreadable' || header === undefined) return [{ pointer: 'payload', reason: 'The inner JWT cannot be read.' }]
  const notes: Note[] = []
  if (inner.kind === 'signed' && inner.signature.length === 0)
    notes.push({ pointer: 'payload.signature', reason: 'The inner JWT is not signed.' })
  if (header['typ'] === undefined) notes.push({ pointer: 'payload.header.typ', severity: 'warning', reason: 'The inner JWT has no typ.' })
  return notes
}

function isJwt(cty: unknown): boolean {
  return typeof cty === 'string' && /^(?:application\/)?(?:[\w-]+\+)?jwt$/i.test(cty)
}
