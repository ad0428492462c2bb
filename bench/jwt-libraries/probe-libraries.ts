/**
 * Puts JWT libraries from npm under probe and prints a table in Markdown:
 *   node --conditions=source bench/jwt-libraries/probe-libraries.ts [NAME …]
 * Node 24: the oldest versions need what later ones removed. Installs them into this folder on the first run (scripts off). Everything stays on this machine afterwards.
 */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, sign, createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { probe, type ProbeOutcome, type Trial } from '@cloakroom/jwt-check/probe'
import { type Contestant, contestants, type Setting } from './libraries.ts'

const here = import.meta.dirname
if (!existsSync(join(here, 'node_modules'))) {
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--workspaces=false'], {
    cwd: here,
    stdio: 'inherit',
  })
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const secret = randomBytes(48).toString('base64url')
const setting: Setting = {
  pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  jwk: publicKey.export({ format: 'jwk' }),
  secret,
  iss: 'https://issuer.example',
  aud: 'https://api.example',
}

// What the issuer's word is about. Everything else among the attacks is about whose word it is.
const aboutClaims = new Set(['JWT-15', 'JWT-16', 'JWT-18', 'JWT-19', 'JWT-20', 'JWT-22', 'JWT-23', 'JWT-24', 'JWT-42', 'JWT-51'])

// Old libraries write warnings and stack traces to the console; the table is what counts.
console.error = () => {}
console.warn = () => {}
process.on('unhandledRejection', () => {})

const wanted = process.argv.slice(2)
process.stdout.write(
  '| library | version | use | forged JWTs sent | forgery accepted | loose reading | claims let through |\n|---|---|---|---|---|---|---|\n',
)
for (const contestant of contestants.filter(({ library }) => wanted.length === 0 || wanted.includes(library))) {
  process.stdout.write(`${row(contestant, await attempt(contestant))}\n`)
}
process.exit(0)

async function attempt({ family, prepare }: Contestant): Promise<ProbeOutcome | string> {
  try {
    const key =
      family === 'RS256' ? (privateKey.export({ format: 'jwk' }) as object) : { kty: 'oct', k: Buffer.from(secret).toString('base64url') }
    return await probe(await prepare(setting), { jwt: () => valid(family), signingKeys: [key as never], timeoutMs: 4000 })
  } catch (error) {
    return error instanceof Error ? error.message : 'failed'
  }
}

function valid(alg: 'RS256' | 'HS256'): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = { alg, typ: 'at+jwt', kid: 'one' }
  const claims = {
    iss: setting.iss,
    aud: setting.aud,
    sub: 'user-1',
    client_id: 'client',
    scope: 'read',
    iat: now,
    exp: now + 300,
    jti: randomBytes(16).toString('hex'),
  }
  const input = `${part(header)}.${part(claims)}`
  const signature = alg === 'RS256' ? sign('sha256', Buffer.from(input), privateKey) : createHmac('sha256', secret).update(input).digest()
  return `${input}.${signature.toString('base64url')}`
}

function row({ library, folder, use, family }: Contestant, outcome: ProbeOutcome | string): string {
  const { version } = JSON.parse(readFileSync(join(here, 'node_modules', folder, 'package.json'), 'utf8')) as { readonly version: string }
  const start = `| ${library} | ${version} | ${use}, ${family} |`
  if (typeof outcome === 'string') return `${start} – | could not be run: ${outcome.slice(0, 80)} | | |`
  if (outcome.inconclusive !== undefined && outcome.trials.length === 0) return `${start} – | ${outcome.inconclusive} | | |`
  const bad = outcome.trials.filter(({ verdict }) => verdict !== 'held' && verdict !== 'unsendable')
  const forgery = bad.filter(({ ruleId, severity }) => severity === 'error' && !aboutClaims.has(ruleId))
  const loose = bad.filter(({ ruleId, severity }) => severity !== 'error' && !aboutClaims.has(ruleId))
  const claims = bad.filter(({ ruleId }) => aboutClaims.has(ruleId))
  return `${start} ${outcome.trials.length} | ${named(forgery)} | ${named(loose)} | ${named(claims)} |`
}

function named(trials: readonly Trial[]): string {
  const counts = new Map<string, number>()
  for (const { ruleId, attack, verdict } of trials) {
    const name = `${ruleId} ${attack}${verdict === 'accepted' ? '' : ` (${verdict})`}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts.size === 0 ? 'none' : [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ')
}
