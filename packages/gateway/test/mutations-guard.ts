import { m, type Mutation } from './mutation.ts'

/** What the guard, its challenges, traps and decoys hold. */
export const GUARD_MUTATIONS: readonly Mutation[] = [
  m('challenge-solution-passed-on', 'challenge/challenges.ts', "if (!isFirst) return 'used'", "if (!isFirst) void 'used'"),
  m(
    'challenge-solution-passed-on',
    'challenge/challenges.ts',
    "return (await isSolved(read.payload, secret)) ? null : 'unsolved'",
    'return null',
  ),
  m('challenge-solution-passed-on', 'challenge/challenges.ts', 'question.client === short(client) && (', '('),
  m(
    'challenge-solution-passed-on',
    'challenge/challenges.ts',
    "(question.shown === short('') || question.shown === short(shown))",
    "(question.shown !== '' || question.shown === short(shown))",
  ),
  m('challenge-solution-passed-on', 'challenge/challenges.ts', 'pass !== null && pass.holder === digest(holderOf(head))', 'pass !== null'),
  m('challenge-solution-passed-on', 'challenge/challenges.ts', 'const expiresAt = at + SOLVE_MS', 'const expiresAt = at + 100 * SOLVE_MS'),
  m('decoy-harvested-and-replayed', 'trap/traps.ts', 'flatMap((text) => canaries.tagsIn(text))', "filter((text) => text === '')"),
  m('decoy-harvested-and-replayed', 'trap/traps.ts', 'canaries.tagsIn(text, PLACES_IN_BODY)', 'canaries.tagsIn(text, 0)'),
  m(
    'decoy-harvested-and-replayed',
    'decoy/decoys.ts',
    '`${name}\\n${seed}\\n${head.path}\\n${head.query}`',
    '`${name}\\n${head.path}\\n${head.query}`',
  ),
  m(
    'decoy-harvested-and-replayed',
    'decoy/canary.ts',
    'marks.write(like, mix(Number.parseInt(tag, 16) * SERIALS + (serial % SERIALS), [0, 1, 2, 3]), next)',
    'marks.write(like, mix(serial % SERIALS, [0, 1, 2, 3]), next)',
  ),
  m('planted-credential-used', 'trap/traps.ts', '[value, unwrapped(value)]', '[value]'),
  m('planted-credential-used', 'trap/traps.ts', 'return [path, decoded(query), ...fields]', 'return [path, ...fields]'),
  m('planted-credential-used', 'trap/traps.ts', 'return [path, decoded(query), ...fields]', 'return [decoded(query), ...fields]'),
  m(
    'planted-credential-used',
    'trap/mark.ts',
    'proof(head).equals(core.subarray(SAYS_BYTES)) ? head.readUInt32BE() : null',
    'head.readUInt32BE()',
  ),
  m(
    'session-identifiers-tried-one-by-one',
    'gateway.ts',
    'if (shut && !(admission.kind ===',
    "if (shut && admission.kind !== 'own' && !(admission.kind ===",
  ),
  m('session-identifiers-tried-one-by-one', 'ban/bans.ts', 'if (revision === known) return', 'if (revision >= known) return'),
  m('session-stolen-and-used-elsewhere', 'decide/drift.ts', 'networkOf(session.address) !== networkOf(client)', 'false'),
  m(
    'session-stolen-and-used-elsewhere',
    'decide/drift.ts',
    "agentFamily(session.agent) !== agentFamily(headers.get('user-agent') ?? '')",
    'false',
  ),
  m('session-stolen-and-used-elsewhere', 'decide/drift.ts', "session.traits !== '' && language !== languageOf(headers)", 'false'),
  m(
    'fail-open-when-a-measure-breaks',
    'guarded-measures.ts',
    'sure(challenges.cleared(head), areClearances, what)',
    'challenges.cleared(head)',
  ),
  m(
    'fail-open-when-a-measure-breaks',
    'guarded-measures.ts',
    'value === null || (isAnswer(value) && value.status === refusal.status)',
    'value === null || isAnswer(value)',
  ),
  m('fail-open-when-a-measure-breaks', 'guarded-measures.ts', "'endsAt' in value && Number.isFinite(value.endsAt)", "'endsAt' in value"),
]
