import { ACCOUNT_DATA } from './account-data-endpoints.ts'
import { ACCOUNTS } from './accounts-endpoints.ts'
import { ADMINS } from './admins-endpoints.ts'
import { AUDIT } from './audit-endpoints.ts'
import { BANS } from './bans-endpoints.ts'
import { DECISIONS } from './decisions-endpoints.ts'
import type { AdminEndpoint } from './endpoint.ts'
import { GUARD } from './guard-endpoints.ts'
import { JWTS } from './jwts-endpoints.ts'
import { NEW_SECRETS } from './new-secrets-endpoints.ts'
import { SIGNING_KEYS } from './signing-keys-endpoints.ts'
import { MACHINE_KEYS } from './machine-keys-endpoints.ts'
import { ME } from './me-endpoints.ts'
import { OVERVIEW } from './overview-endpoints.ts'
import { PANIC } from './panic-endpoints.ts'
import { SECRETS } from './secrets-endpoints.ts'
import { SESSIONS } from './sessions-endpoints.ts'
import { SIGN_IN } from './sign-in-endpoints.ts'

/** All of the Admin API but its own document. What is not in here is not there. */
export const ADMIN_ENDPOINTS: readonly AdminEndpoint[] = [
  ...SIGN_IN,
  ...ME,
  ...ADMINS,
  ...SESSIONS,
  ...JWTS,
  ...ACCOUNTS,
  ...ACCOUNT_DATA,
  ...MACHINE_KEYS,
  ...SECRETS,
  ...NEW_SECRETS,
  ...SIGNING_KEYS,
  ...BANS,
  ...GUARD,
  ...DECISIONS,
  ...AUDIT,
  ...PANIC,
  ...OVERVIEW,
]
