import type { RequestHead } from './head.ts'
import type { Visitor } from './session.ts'

/** What an owner may have his API told about the visitor; each member is opt-in. */
export type ContextMember = 'account' | 'roles' | 'factors' | 'address' | 'request'

/** What the gateway says of a caller: null or empty where it was not asked to, or does not know. */
export interface CallContext {
  /** The account's identifier: it stays the same when the account is renamed, and never becomes somebody else's. */
  readonly account: string | null
  readonly roles: readonly string[]
  /** In the words of RFC 8176: `pwd`, `otp`, `hwk`. */
  readonly factors: readonly string[]
  readonly address: string | null
  readonly request: string | null
}

/** The members that were asked for, from what this request's judgement knows. Nothing in it comes from a field of the visitor's. */
export function contextOf(members: readonly ContextMember[], head: RequestHead, visitor: Visitor): CallContext {
  const known = visitor.kind === 'known' ? visitor : null
  const tell = (member: ContextMember): boolean => members.includes(member)
  return {
    account: tell('account') && known !== null ? known.session.account : null,
    roles: tell('roles') && known !== null ? known.roles : [],
    factors: tell('factors') && known !== null ? [...new Set(known.session.factors.map(({ kind }) => METHODS[kind] ?? kind))] : [],
    address: tell('address') ? head.client : null,
    request: tell('request') ? head.id : null,
  }
}

/** RFC 8176 §2. */
const METHODS: Readonly<Record<string, string>> = { password: 'pwd', totp: 'otp', passkey: 'hwk', recovery: 'kba' }
