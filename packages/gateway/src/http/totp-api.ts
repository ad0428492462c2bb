import type { Answer } from '../answer.ts'
import { plainText } from '../audit/plain-text.ts'
import { isShown } from '../account/factors.ts'
import { newSeed, seedUri } from '../account/totp.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import type { Call } from './endpoint.ts'
import { type EnrolSubject, factorAdded } from './factor-added.ts'
import { factorSubject } from './factor-subject.ts'
import { type BodyKind, readFields } from './fields.ts'
import { addTotpPage } from './pages/add-totp.ts'
import { problem } from './problem.ts'
import { goTo, refuse, sayJson, sayPage } from './say.ts'
import { failureText } from './texts/pick.ts'

/** `GET /auth/factors/totp`: a new seed as a QR code. */
export async function showTotp(call: Call): Promise<Answer> {
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  const seed = await newSeed(call.parts.random)
  return sayPage(200, await page(call, subject, seed, call.page.texts.totp.defaultName, []))
}

/** `POST /auth/factors/totp`: JSON `{}` → a seed; then `{enrolment, code, name}` → it is added. The first factor comes with recovery codes, shown once. */
export async function submitTotp(call: Call): Promise<Answer> {
  const { head, parts } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const subject = await factorSubject(call)
  if (subject.kind === 'answer') return subject.answer
  const { owner, cause } = subject
  const code = read.fields.get('code')
  if (code === undefined) {
    const seed = await newSeed(parts.random)
    const enrolment = parts.enrolments.seal(owner.id, seed, head.at)
    return sayJson(200, { key: seed, uri: await seedUri(seed, call.page.theme.name, owner.name), enrolment })
  }
  const seed = parts.enrolments.open(read.fields.get('enrolment') ?? '', owner.id, head.at)
  const name = plainText((read.fields.get('name') ?? '').trim(), LONGEST_NAME)
  if (seed === null)
    return read.from === 'json' ? problem('login_outdated', { request: head.id }) : goTo(`${call.page.basePath}/factors/totp`)
  const isFirst = !(await parts.factors.list(owner.id)).some(isShown)
  const added = await parts.factors.addTotp(owner, seed, code, name, cause)
  if (added !== 'added') return await again(call, subject, read.from, { seed, name, code: added })
  return await factorAdded(call, subject, { kind: 'totp', from: read.from, isFirst })
}

const LONGEST_NAME = 60

interface Wrong {
  readonly seed: string
  readonly name: string
  readonly code: FailureCode
}

async function again(call: Call, subject: EnrolSubject, from: BodyKind, { seed, name, code }: Wrong): Promise<Answer> {
  if (from === 'json') return problem(code, { request: call.head.id })
  const markup = await page(call, subject, seed, name, [failureText(call.page.texts, code)])
  return sayPage(FAILURES[code].status, markup, [['cloakroom-error', code]])
}

async function page(call: Call, subject: EnrolSubject, seed: string, name: string, errors: readonly string[]): Promise<string> {
  const uri = await seedUri(seed, call.page.theme.name, subject.owner.name)
  const enrolment = call.parts.enrolments.seal(subject.owner.id, seed, call.head.at)
  return await addTotpPage(call.page, { uri, seed, enrolment, name, isDemanded: subject.kind === 'login', errors })
}
