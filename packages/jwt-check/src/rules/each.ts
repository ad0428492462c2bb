import { isJsonObject, type JsonObject } from '../encoding/json.ts'
import { claimsOf, type EncryptedJwt, headerOf, type SignedJwt } from '../jose/jwt.ts'
import type { Jwk, KeySet } from '../jose/keys.ts'
import type { Remark } from '../rule.ts'
import type { Scene, Subject } from '../scene.ts'

/** A remark whose place is already known to the walk that called the rule. */
export type Note = Omit<Remark, 'at'>

/** Runs over every JWT whose header could be read. */
export function eachHeader(scene: Scene, judge: (header: JsonObject, subject: Subject) => readonly Note[]): readonly Remark[] {
  return scene.subjects.flatMap((subject) => {
    const header = headerOf(subject.jwt)
    return header === undefined ? [] : placed(judge(header, subject), subject.label)
  })
}

/** Runs over every signed JWT that carries claims. */
export function eachClaims(scene: Scene, judge: (claims: JsonObject, subject: Subject) => readonly Note[]): readonly Remark[] {
  return scene.subjects.flatMap((subject) => {
    const claims = claimsOf(subject.jwt)
    return claims === undefined ? [] : placed(judge(claims, subject), subject.label)
  })
}

/** Runs over every signed JWT. */
export function eachSigned(scene: Scene, judge: (jwt: SignedJwt, subject: Subject) => readonly Note[]): readonly Remark[] {
  return scene.subjects.flatMap((subject) => (subject.jwt.kind === 'signed' ? placed(judge(subject.jwt, subject), subject.label) : []))
}

/** Runs over every signed JWT, one after another, for rules that must compute. */
export async function eachSignedSlowly(
  scene: Scene,
  judge: (jwt: SignedJwt, subject: Subject) => Promise<readonly Note[]>,
): Promise<readonly Remark[]> {
  const out: Remark[] = []
  for (const subject of scene.subjects) {
    if (subject.jwt.kind === 'signed') out.push(...placed(await judge(subject.jwt, subject), subject.label))
  }
  return out
}

/** Runs over every encrypted JWT. */
export function eachEncrypted(scene: Scene, judge: (jwt: EncryptedJwt, subject: Subject) => readonly Note[]): readonly Remark[] {
  return scene.subjects.flatMap((subject) => (subject.jwt.kind === 'encrypted' ? placed(judge(subject.jwt, subject), subject.label) : []))
}

/** Runs over every key: those of the key sets, and those that a header carries in `jwk` and `epk`. Pointers are added. */
export function eachKey(scene: Scene, judge: (jwk: Jwk, set: KeySet | undefined) => readonly Note[]): readonly Remark[] {
  const ofSets = scene.keySets.flatMap((set) =>
    set.keys.flatMap((jwk, index) => placed(under(`keys[${index}]`, judge(jwk, set)), set.label)),
  )
  const ofHeaders = eachHeader(scene, (header) =>
    ['jwk', 'epk'].flatMap((name) => {
      const jwk = header[name]
      return isJsonObject(jwk) ? under(`header.${name}`, judge(jwk, undefined)) : []
    }),
  )
  return [...ofSets, ...ofHeaders]
}

function placed(notes: readonly Note[], at: string): readonly Remark[] {
  return notes.map((note) => ({ ...note, at }))
}

function under(prefix: string, notes: readonly Note[]): readonly Note[] {
  return notes.map((note) => ({ ...note, pointer: note.pointer === '' ? prefix : `${prefix}.${note.pointer}` }))
}
