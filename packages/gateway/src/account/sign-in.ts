import type { CounterStore, FactorStore, NonceStore } from '../store/store.ts'
import { type AccountParts, type Accounts, createAccounts } from './accounts.ts'
import { type Authenticate, createAuthenticate } from './authenticate.ts'
import { createEnrolments, type Enrolments } from './enrolment.ts'
import { createFactors, type Factors } from './factors.ts'
import { createLogin, type Login } from './login.ts'
import { createLoginCookies, type LoginCookies } from './login-cookie.ts'
import type { OwnKeys } from './own-keys.ts'
import { createPasskeyLogin, type PasskeyLogin } from './passkey-login.ts'
import { createPasskeys, type Passkeys, type Site } from './passkeys.ts'
import { createStepUp, type StepUp } from './step-up.ts'

export interface SignInParts extends AccountParts {
  readonly counters: Pick<CounterStore, 'add' | 'clear'>
  readonly factorStore: FactorStore
  readonly nonces: Pick<NonceStore, 'spend'>
  readonly keys: OwnKeys
  readonly site: () => Site
  readonly demandsSecondFactor: (roles: readonly string[]) => boolean
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
}

export function createSignIn(parts: SignInParts): SignIn {
  const { keys, factorStore, nonces, counters, audit, random, demandsSecondFactor } = parts
  const factors = createFactors({ store: factorStore, counters, nonces, seeds: keys.seeds, codeKey: keys.recoveryCodes, audit, random })
  const passkeys = createPasskeys({ store: factorStore, nonces, ceremonies: keys.ceremonies, audit, random, site: parts.site })
  const login = createLogin({ store: parts.store, factors, passkeys, nonces, audit, random, demandsSecondFactor })
  return {
    accounts: createAccounts(parts),
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
