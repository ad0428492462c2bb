import type { ResetStore } from '../store/reset-store.ts'
import type { CounterStore, FactorStore, NonceStore } from '../store/store.ts'
import { type AccountParts, type Accounts, createAccounts } from './accounts.ts'
import { type Authenticate, createAuthenticate } from './authenticate.ts'
import { createEnrolments, type Enrolments } from './enrolment.ts'
import { createFactors, type Factors } from './factors.ts'
import { createLogin, type Login } from './login.ts'
import { createLoginCookies, type LoginCookies } from './login-cookie.ts'
import type { OwnKeys } from './own-keys.ts'
import { createLetters, type LetterParts } from './mail/letters.ts'
import { createRecovery, type Recovery } from './recovery.ts'
import { createResetLinks, type ResetLinks } from './reset-links.ts'
import { createPasskeyLogin, type PasskeyLogin } from './passkey-login.ts'
import { createPasskeys, type Passkeys, type Site } from './passkeys.ts'
import { createStepUp, type StepUp } from './step-up.ts'

/** What letters to people need. */
export interface PeopleParts extends LetterParts {
  readonly resets: ResetStore
  readonly onFailure: (cause: unknown) => void
}

export interface SignInParts extends AccountParts {
  readonly counters: Pick<CounterStore, 'add' | 'clear'>
  readonly factorStore: FactorStore
  readonly nonces: Pick<NonceStore, 'spend'>
  readonly keys: OwnKeys
  readonly site: () => Site
  readonly demandsSecondFactor: (roles: readonly string[]) => boolean
  /** Null where no mail is sent to people. */
  readonly people: PeopleParts | null
}

/** All that signing in with the gateway's own accounts is made of. */
export interface SignIn {
  readonly accounts: Accounts
  readonly factors: Factors
  readonly login: Login
  readonly loginCookies: LoginCookies
  readonly enrolments: Enrolments
  readonly authenticate: Authenticate
  readonly stepUp: StepUp
  readonly passkeys: Passkeys
  readonly passkeyLogin: PasskeyLogin
  readonly links: ResetLinks | null
  readonly recovery: Recovery | null
}

export function createSignIn(parts: SignInParts): SignIn {
  const { keys, factorStore, nonces, counters, audit, random, demandsSecondFactor, people } = parts
  const factors = createFactors({ store: factorStore, counters, nonces, seeds: keys.seeds, codeKey: keys.recoveryCodes, audit, random })
  const passkeys = createPasskeys({ store: factorStore, nonces, ceremonies: keys.ceremonies, audit, random, site: parts.site })
  const login = createLogin({
    store: parts.store,
    factors,
    passkeys,
    nonces,
    audit,
    random,
    demandsSecondFactor,
    mailsLinks: () => people !== null,
  })
  const links =
    people === null
      ? null
      : createResetLinks({ store: people.resets, accounts: parts.store, counters, letters: createLetters(people), audit, random })
  return {
    accounts: createAccounts(parts),
    links,
    recovery: people === null || links === null ? null : createRecovery({ ...parts, ...people, factors, login, links }),
    factors,
    login,
    loginCookies: createLoginCookies(keys.logins),
    enrolments: createEnrolments(keys.enrolments),
    authenticate: createAuthenticate({ ...parts, factors, login }),
    stepUp: createStepUp({ ...parts, factors, passkeys }),
    passkeys,
    passkeyLogin: createPasskeyLogin({ ...parts, passkeys, factors, login }),
  }
}
