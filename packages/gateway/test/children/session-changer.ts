import { openSqlite } from '../../src/store/sqlite/open.ts'
import { makeSessionKit, START } from '../session-kit.ts'

// Starts, rotates and ends sessions without end and says so after each step, until it is killed. Arguments: data folder, prefix of the accounts.
const [, , folder = '', prefix = ''] = process.argv
const { sessions, signIn } = makeSessionKit({ store: openSqlite(folder).sessions })

function say(...words: readonly string[]): void {
  process.stdout.write(`${words.join(' ')}\n`)
}

for (let n = 0; ; n++) {
  const account = `${prefix}-${n}`
  const [kept, ended, old] = [await signIn({ account }), await signIn({ account }), await signIn({ account })]
  say('started', kept.cookie)
  await sessions.end(ended.session, START, 'logout')
  say('ended', ended.cookie)
  const next = await sessions.rotate(old.session, START, old.session.factors)
  if (next === null) throw new Error('not rotated')
  say('ended', old.cookie)
  say('started', next.setCookie.slice(next.setCookie.indexOf('=') + 1, next.setCookie.indexOf(';')))
  const other = await signIn({ account: `${account}-all` })
  await sessions.endAll(`${account}-all`, START, 'ended-by-owner')
  say('ended', other.cookie)
}
