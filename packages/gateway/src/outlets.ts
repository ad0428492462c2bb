import { hostname } from 'node:os'
import { pid } from 'node:process'
import { createNotifier, type Channel, type Message, type Notifier } from './audit/notifier.ts'
import { otlpSink } from './audit/sinks/otlp.ts'
import type { Sink } from './audit/sinks/sink.ts'
import { syslogSink } from './audit/sinks/syslog.ts'
import { signedPost, webhookSink } from './audit/sinks/webhook.ts'
import { mailOrigin } from './config/check-credentials.ts'
import type { Config } from './config/paths.ts'
import { parseSyslogTarget } from './config/syslog-target.ts'
import { createDeliver } from './forward/deliver.ts'
import { createMailer } from './forward/mailer.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { Random } from './lib/random.ts'
import { webhookPurpose } from './purposes.ts'
import type { Vault } from './vault/vault.ts'

export interface OutletParts {
  readonly config: Config
  readonly vault: Pick<Vault, 'open' | 'deriveKey'>
  readonly clock: Clock
  readonly random: Random
}

/** The name of the webhook of `notify`, beside those of `audit.sinks`. */
export const NOTIFY = 'notify'

/** The sinks that the configuration names. Opens no connection before there is an event. */
export function openSinks(parts: OutletParts, onRejected: (sink: string, count: number) => void): readonly Sink[] {
  return Object.entries(parts.config.audit.sinks).map(([name, sink]) => {
    if (sink.kind === 'syslog') {
      const target = parseSyslogTarget(sink.to)
      if (target === null) throw new TypeError('the configuration was not checked')
      return syslogSink(name, { target, host: hostname(), processId: pid })
    }
    const deliver = createDeliver({ ...parts, ...sink })
    const { post } = deliver
    const made =
      sink.kind === 'webhook'
        ? webhookSink(name, { ...parts, post, key: parts.vault.deriveKey(webhookPurpose(name)) })
        : otlpSink(name, { post, host: hostname(), onRejected: (count) => onRejected(name, count) })
    return { ...made, close: () => deliver.close() }
  })
}

/** Whoever is to be told; without `notify` in the configuration nobody. */
export function openNotifier(parts: OutletParts, later: Later, onFailure: (channel: string, count: number) => void): Notifier {
  const { mail, notify, publicUrl } = parts.config
  const channels: Channel[] = []
  if (mail !== null && notify.mail.length > 0) {
    const send = createMailer({ ...parts, ...mail, origin: mailOrigin(mail.smtp) })
    const where = publicUrl === null ? '' : ` ${new URL(publicUrl).host}`
    channels.push({
      name: 'mail',
      send: (messages) => send({ to: notify.mail, subject: `Cloakroom${where}: ${messages[0]?.text ?? ''}`, text: textOf(messages) }),
    })
  }
  if (notify.webhook !== null) {
    const { post } = createDeliver({ ...parts, ...notify.webhook })
    const send = signedPost({ ...parts, post, key: parts.vault.deriveKey(webhookPurpose(NOTIFY)) })
    channels.push({ name: 'webhook', send: (messages) => send({ messages }) })
  }
  const { clock } = parts
  return createNotifier({
    channels,
    everyMs: notify.every,
    clock,
    later,
    onFailure: (channel, messages) => onFailure(channel, messages.length),
  })
}

function textOf(messages: readonly Message[]): string {
  const lines = messages.map(({ text, count, since, event }) => {
    const often = count > 1 ? `\n  ${count} times since ${since}` : ''
    const where = event?.address === undefined || event.address === null ? '' : `\n  from ${event.address}`
    const request = event?.request === undefined || event.request === null ? '' : `\n  cloakroom audit tail --request ${event.request}`
    return `${text}${often}${where}${request}\n`
  })
  return `${lines.join('\n')}\nSee all of it: cloakroom audit tail\n`
}
