import type { Clock } from '../lib/clock.ts'
import type { VaultPart } from '../parts.ts'

export interface Mail {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
}

/** Rejects when the server did not take it. */
export type SendMail = (mail: Mail) => Promise<void>

export interface MailerOptions {
  /** `smtp://HOST:PORT` or `smtps://HOST:PORT`. */
  readonly smtp: string
  readonly from: string
  readonly credential: string | null
  /** The origin that the credential is sealed for. */
  readonly origin: string
  readonly vault: VaultPart
  readonly clock: Clock
}

const WAIT_MS = 10_000

/** One mail over one verified connection; off this machine never without TLS (RFC 8314): the password and the text would be readable. */
export function createMailer({ smtp, from, credential, origin, vault, clock }: MailerOptions): SendMail {
  const { protocol, hostname, port } = new URL(smtp)
  const secure = protocol === 'smtps:'
  const here = hostname === 'localhost' || hostname === '127.0.0.1'

  return async ({ to, subject, text }) => {
    const { createTransport } = await import('nodemailer')
    const opened = credential === null ? null : await vault.open(credential, origin, clock())
    try {
      const auth = opened === null ? {} : { auth: loginOf(opened.placement, opened.secret.reveal()) }
      const transport = createTransport({
        host: hostname,
        port: port === '' ? (secure ? 465 : 587) : Number(port),
        secure,
        requireTLS: !secure && !here,
        ignoreTLS: here && !secure,
        connectionTimeout: WAIT_MS,
        greetingTimeout: WAIT_MS,
        socketTimeout: WAIT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
        ...auth,
      })
      try {
        await transport.sendMail({ from, to: [...to], subject, text })
      } finally {
        transport.close()
      }
    } finally {
      opened?.release()
    }
  }
}

/** As `basic:USER`, or a whole `user:password`. */
function loginOf(placement: { readonly kind: string; readonly user?: string | null }, value: Uint8Array): { user: string; pass: string } {
  const text = Buffer.from(value).toString('utf8')
  if (typeof placement.user === 'string') return { user: placement.user, pass: text }
  const colon = text.indexOf(':')
  return { user: text.slice(0, Math.max(0, colon)), pass: text.slice(colon + 1) }
}
