import type { Command } from 'commander'
import { plainText } from '../audit/plain-text.ts'
import { compilePolicy } from '../config/compile.ts'
import { adviceOn, decidingRule } from '../explain/advice.ts'
import { explain } from '../explain/explain.ts'
import type { StoredEvent } from '../store/store.ts'
import { withStore, type Opened } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

export function addExplain(program: Command, does: Does): void {
  withCommonOptions(program.command('explain'))
    .description('Say why a request was refused: rule, facts, counters, shadow outcomes, and what would let the visitor through.')
    .argument('<id>', 'the request’s id, which the visitor was shown, as it is in the logs')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom explain 01890a5d-ac96-774b-bcce-b302099a8057\n\nIt is known for `decisions.keep`, among the newest `decisions.most`.',
    )
    .action(
      does((world: World, id: string, options: CommonOptions) => withStore(world, options.config, (opened) => explainOne(opened, id))),
    )
}

async function explainOne(opened: Opened, id: string): Promise<Outcome> {
  const record = await opened.stores.decisions.find(id)
  if (record !== null) {
    const policy = compilePolicy(opened.config)
    const text = explain(record, policy)
      .split('\n')
      .map((line) => plainText(line, 2_000))
      .join('\n')
    return done(text, { ...record, rule: decidingRule(record)?.rule ?? null, toPass: adviceOn(record, policy) })
  }
  const events = (await opened.stores.audit.read({ limit: 100, request: id })).toReversed()
  if (events.length === 0)
    return failed(
      EXIT.failed,
      'Nothing is known of a request with that id.',
      'Copy the whole id. Passed requests are not kept, refusals for `decisions.keep`, and of a flood only a share.',
    )
  return done(events.map(eventLine).join('\n'), { request: id, events })
}

function eventLine({ at, kind, target, reason, result }: StoredEvent): string {
  return plainText([at, kind, target ?? '', result === 'ok' ? '' : result, reason ?? ''].filter((word) => word !== '').join('  '), 500)
}
