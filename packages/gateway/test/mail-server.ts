import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import type { SendLetter } from '../src/account/mail/letters.ts'

export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface MailServer {
  /** For `mail.smtp`. */
  readonly smtp: string
  readonly letters: readonly Letter[]
  /** Waits for so many. */
  readonly wait: (count: number) => Promise<readonly Letter[]>
  /** Answers further letters so, while it is set. */
  refusing: string | null
  readonly close: () => Promise<void>
}

/** A mail server that takes what comes and shows it. */
export async function startMailServer(): Promise<MailServer> {
  const letters: Letter[] = []
  const waiting = new Set<() => void>()
  const smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(_address, _session, done) {
      done(server.refusing === null ? null : new Error(server.refusing))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (bytes: Buffer) => chunks.push(bytes))
      stream.on('end', () => {
        letters.push({ to: session.envelope.rcptTo.map(({ address }) => address).join(','), ...read(Buffer.concat(chunks).toString()) })
        done()
        for (const wake of waiting) wake()
      })
    },
  })
  const listening = smtp.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const server: MailServer = {
    smtp: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    letters,
    refusing: null,
    async wait(count) {
      while (letters.length < count) await new Promise<void>((resolve) => void waiting.add(resolve))
      return letters
    },
    close: () => new Promise<void>((resolve) => smtp.close(() => resolve())),
  }
  return server
}

/** Letters that were handed over, without a server. */
export function letterBox(): { readonly letters: Letter[]; readonly send: SendLetter } {
  const letters: Letter[] = []
  return {
    letters,
    async send({ to, subject, text }) {
      // As a mail program would write it: whatever would break a header fails here.
      await createTransport({ jsonTransport: true }).sendMail({ from: 'gate@shop.example', to: [...to], subject, text })
      letters.push({ to: to.join(','), subject, text })
    },
  }
}

/** The token of the link in a letter. */
export function tokenIn(letter: Letter | undefined): string {
  const token = /\/auth\/reset\?token=([A-Za-z0-9_-]+)/.exec(letter?.text ?? '')?.[1]
  if (token === undefined) throw new Error(`no link in: ${letter?.text ?? 'nothing'}`)
  return token
}

function read(raw: string): Omit<Letter, 'to'> {
  const end = raw.indexOf('\r\n\r\n')
  const head = raw.slice(0, end).replaceAll(/\r\n[ \t]/g, ' ')
  const body = raw.slice(end + 4)
  const coding = /^Content-Transfer-Encoding: (.*)$/im.exec(head)?.[1]?.trim()
  const subject = /^Subject: (.*)$/im.exec(head)?.[1]?.trim() ?? ''
  return { subject: decodeWords(subject), text: coding === 'quoted-printable' ? unquote(body) : coding === 'base64' ? unbase(body) : body }
}

function unquote(body: string): string {
  const bytes = body.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_whole, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function unbase(body: string): string {
  return Buffer.from(body, 'base64').toString('utf8')
}

/** RFC 2047. */
function decodeWords(text: string): string {
  return text.replaceAll(/=\?UTF-8\?([QB])\?([^?]*)\?=\s*/gi, (_whole, kind: string, word: string) =>
    kind.toUpperCase() === 'B' ? unbase(word) : unquote(word.replaceAll('_', ' ')),
  )
}
