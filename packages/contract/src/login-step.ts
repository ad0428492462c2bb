/** What `POST /auth/login` and the steps after it answer when more is needed. */
export interface LoginStepView {
  readonly active: false
  /** `second-factor`: a code to `/auth/login/factor`. `enrol`: a second factor is to be added. `new-password`: to `/auth/login/password`. `mail-link`: a link was mailed. `sign-in`: the new password is set and is to be signed in with. */
  readonly next: 'second-factor' | 'enrol' | 'mail-link' | 'new-password' | 'sign-in'
  /** What this step takes. */
  readonly methods: readonly ('totp' | 'passkey' | 'recovery-code')[]
}
