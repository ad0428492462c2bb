import { ADMINS } from './admins-endpoints.ts'
import type { AdminEndpoint } from './endpoint.ts'
import { ME } from './me-endpoints.ts'
import { SESSIONS } from './sessions-endpoints.ts'
import { SIGN_IN } from './sign-in-endpoints.ts'

/** All of the Admin API. What is not in here is not there. */
export const ADMIN_ENDPOINTS: readonly AdminEndpoint[] = [...SIGN_IN, ...ME, ...ADMINS, ...SESSIONS]
