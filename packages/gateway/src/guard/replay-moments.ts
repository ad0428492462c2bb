import type { AuditEvent } from '@cloakroom/contract'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Instant } from '../decide/head.ts'
import type { Stores } from '../store/store.ts'
import type { Moment } from './replay-difference.ts'

const PAGE = 1000

/** Requests and events in the order of their time, read a page at a time. */
export async function* momentsOf(stores: Pick<Stores, 'decisions' | 'audit'>, since: Instant): AsyncGenerator<Moment> {
  const lanes = [records(stores, 'refused', since), records(stores, 'passed', since), events(stores, since)]
  const heads = await Promise.all(lanes.map(async (lane) => await lane.next()))
  for (;;) {
    let first = -1
    for (const [at, head] of heads.entries()) {
      if (head.done === true) continue
      const best = heads[first]
      if (best === undefined || best.done === true || head.value.at < best.value.at) first = at
    }
    const [lane, head] = [lanes[first], heads[first]]
    if (lane === undefined || head === undefined || head.done === true) return
    yield head.value
    heads[first] = await lane.next()
  }
}

async function* records(
  { decisions }: Pick<Stores, 'decisions'>,
  verdict: DecisionRecord['verdict'],
  since: Instant,
): AsyncGenerator<Moment> {
  for (let after: number | null = 0; after !== null;) {
    const page: { readonly records: readonly DecisionRecord[]; readonly last: number | null } = await decisions.page(
      verdict,
      since,
      after,
      PAGE,
    )
    for (const record of page.records) yield { at: record.at, record }
    after = page.last
  }
}

/** The trail is read from its end; what rules look at is little of it. */
async function* events({ audit }: Pick<Stores, 'audit'>, since: Instant): AsyncGenerator<Moment> {
  const found: AuditEvent[] = []
  let before: number | undefined
  for (;;) {
    const page = await audit.read({ limit: PAGE, ...(before === undefined ? {} : { before }) })
    const young = page.filter(({ at }) => Date.parse(at) >= since)
    found.push(...young.filter(({ kind }) => kind !== 'request.refused'))
    before = page.at(-1)?.seq
    if (young.length < page.length || page.length < PAGE) break
  }
  for (const event of found.toReversed()) yield { at: Date.parse(event.at), event }
}
