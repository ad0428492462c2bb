import { readJson } from '../encoding/json.ts'
import { printable } from '../finding.ts'
import { type Jwk, readKeySet } from '../jose/keys.ts'
import { probe, type ProbeOutcome } from '../probe/probe.ts'
import { conclude } from './conclude.ts'
import { profileOf, publicKeys } from './gather.ts'
import { CommandProblem, exitCodes, type Io } from './io.ts'
import type { Options } from './options.ts'
import { readBounded, readFileBounded } from './read-bounded.ts'

/** `jwt-check probe URL`: attacks the owner's verifier and reports. Exit code 4 when nothing can be concluded. */
export async function runProbe(inputs: readonly string[], options: Options, io: Io): Promise<number> {
  const [url, ...rest] = inputs
  if (url === undefined || rest.length > 0) throw new CommandProblem('probe takes exactly one URL.', exitCodes.usage)
  const outcome = await attempt(url, options, io)
  const reasons = new Set(outcome.skipped.map(({ reason }) => reason))
  for (const reason of reasons) {
    const names = outcome.skipped.filter((one) => one.reason === reason).map(({ ruleId, attack }) => `${ruleId} ${attack}`)
    io.stderr.write(`not tried, ${reason}: ${names.join(', ')}\n`)
  }
  const sent = outcome.trials.filter(({ verdict }) => verdict !== 'unsendable').length
  io.stderr.write(`${sent} forged JWTs sent to ${printable(url, 200)}\n`)
  const code = conclude(outcome.report, options, io)
  if (outcome.inconclusive === undefined) return code
  io.stderr.write(`jwt-check: ${printable(outcome.inconclusive)}\n`)
  return exitCodes.inconclusive
}

async function attempt(url: string, options: Options, io: Io): Promise<ProbeOutcome> {
  const jwt = await validJwt(options, io)
  const profile = await profileOf(options)
  const keys = (await publicKeys(options)).flatMap((set) => set.keys)
  const { only, ignore, header } = options
  try {
    return await probe(url, {
      jwt,
      signingKeys: await signingKeys(options),
      timeoutMs: options.timeoutMs,
      iOwnThisHost: options['i-own-this-host'] === true,
      ...(keys.length === 0 ? {} : { publicKeys: keys }),
      ...(profile === undefined ? {} : { profile }),
      ...(only === undefined ? {} : { only }),
      ...(ignore === undefined ? {} : { ignore }),
      ...(header === undefined ? {} : { header }),
    })
  } catch (error) {
    if (error instanceof TypeError) throw new CommandProblem(`${error.message} See --help.`, exitCodes.usage)
    throw error
  }
}

async function validJwt(options: Options, io: Io): Promise<string> {
  const path = options['jwt-file']
  if (path === undefined) throw new CommandProblem('probe needs a valid JWT: --jwt-file FILE.', exitCodes.usage)
  return (
    path === '-' ? await readBounded(io.stdin, 'Standard input', options.maxBytes) : await readFileBounded(path, options.maxBytes)
  ).trim()
}

async function signingKeys(options: Options): Promise<readonly Jwk[]> {
  const keys: Jwk[] = []
  for (const path of options['signing-key'] ?? []) {
    const text = await readFileBounded(path, options.maxBytes)
    const set = readKeySet(text, path, true)
    if (readJson(text).kind === 'refused' || set.keys.length === 0)
      throw new CommandProblem(`--signing-key ${path}: a JWK is expected.`, exitCodes.usage)
    keys.push(...set.keys)
  }
  return keys
}
