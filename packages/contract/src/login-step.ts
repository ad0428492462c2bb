/** What `POST /auth/login` and the steps after it answer when more is needed. */
export interface LoginStepView {
  readonly active: false
  /** `second-factor`: a code to `/auth/login/factor`. `enrol`: a second factor is to be added. `new-password`: to `/auth/login/password`. */
  readonly next: 'second-factor' | 'enrol' | 'new-password'
  /** What this step takes. */
  readonly methods: readonly ('totp' | 'passkey' | 'recovery-code')[]
}
