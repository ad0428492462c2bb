import { DisplayString, isInnerList, serializeDictionary, type BareItem, type Dictionary } from 'structured-headers'
import { readDictionary } from '../message/structured.ts'
import { failed, fine, type Outcome } from '../outcome.ts'

/**
 * Who the gateway says is calling: the members of `Cloakroom-Context`. Each one is opt-in per API; what the gateway does not tell is
 * null or empty. Trust it only out of a `SignedRequest`.
 */
export interface Context {
  readonly account: string | null
  readonly roles: readonly string[]
  /** How the visitor proved himself, in the words of RFC 8176: `pwd`, `otp`, `hwk`. */
  readonly factors: readonly string[]
  /** The assurance level, 1 to 3. */
  readonly assurance: number | null
  readonly address: string | null
  readonly requestId: string | null
}

export const EMPTY_CONTEXT: Context = { account: null, roles: [], factors: [], assurance: null, address: null, requestId: null }

/** Writes the field's value, an RFC 9651 dictionary. A text outside ASCII becomes a display string. Throws on control characters. */
export function writeContext(context: Context): string {
  const members: Dictionary = new Map([['v', [1, new Map()]]])
  const texts = { sub: context.account, ip: context.address, rid: context.requestId }
  const lists = { roles: context.roles, amr: context.factors }
  for (const [name, text] of Object.entries(texts)) if (text !== null) members.set(name, [fromText(text), new Map()])
  for (const [name, list] of Object.entries(lists)) {
    if (list.length > 0) members.set(name, [list.map((text) => [fromText(text), new Map()]), new Map()])
  }
  if (context.assurance !== null) members.set('aal', [context.assurance, new Map()])
  return serializeDictionary(members)
}

/** Reads the field's value. Unknown members are ignored, an unknown version and a member of the wrong type are not. */
export function readContext(field: string): Outcome<Context, 'malformed_context'> {
  const members = readDictionary(field)
  if (!members.ok) return failed('malformed_context', members.detail)
  if (members.value.get('v')?.[0] !== 1) return failed('malformed_context', 'not version 1')
  const account = textMember(members.value, 'sub')
  const address = textMember(members.value, 'ip')
  const requestId = textMember(members.value, 'rid')
  const roles = listMember(members.value, 'roles')
  const factors = listMember(members.value, 'amr')
  const assurance = members.value.get('aal')?.[0] ?? null
  if (account === undefined || address === undefined || requestId === undefined || roles === undefined || factors === undefined) {
    return failed('malformed_context', 'a member of the wrong type')
  }
  if (assurance !== null && typeof assurance !== 'number') return failed('malformed_context', 'aal is not a number')
  return fine({ account, roles, factors, assurance, address, requestId })
}

function textMember(members: Dictionary, name: string): string | null | undefined {
  const member = members.get(name)
  if (member === undefined) return null
  return isInnerList(member) ? undefined : toText(member[0])
}

function listMember(members: Dictionary, name: string): readonly string[] | undefined {
  const member = members.get(name)
  if (member === undefined) return []
  if (!isInnerList(member)) return undefined
  const texts = member[0].map(([item]) => toText(item))
  return texts.includes(undefined) ? undefined : texts.filter((text) => text !== undefined)
}

function toText(item: BareItem): string | undefined {
  if (typeof item === 'string') return item
  return item instanceof DisplayString ? item.toString() : undefined
}

function fromText(text: string): string | DisplayString {
  // A control character in an account name is an attempt at something, not a name.
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) throw new TypeError('Context texts hold no control characters.')
  return /^[\x20-\x7e]*$/.test(text) ? text : new DisplayString(text)
}
