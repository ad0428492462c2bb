import { expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { auditEvent } from './event.ts'
import { createNotifier, type Message } from './notifier.ts'

const START = 1_780_000_000_000
const MINUTE = 60_000

function start() {
  const time = manualLater()
  const clock = { now: START }
  const sent: (readonly Message[])[] = []
  const failed: number[] = []
  const state = { down: false }
  const channel = {
    name: 'mail',
    async send(messages: readonly Message[]) {
      if (state.down) throw new Error('down')
      sent.push(messages)
    },
  }
  const onFailure = (_channel: string, messages: readonly Message[]): void => void failed.push(messages.length)
  const notifier = createNotifier({ channels: [channel], everyMs: 10 * MINUTE, clock: () => clock.now, later: time.later, onFailure })
  const pass = async (ms: number) => {
    clock.now += ms
    time.pass(ms)
    for (let n = 0; n < 5; n++) await new Promise(setImmediate)
  }
  const say = (topic: string, text = topic) => notifier.notify({ topic, text, event: null })
  const brief = () => sent.map((messages) => messages.map(({ topic, count }) => `${topic} ${count}`))
  return { notifier, pass, say, sent, brief, failed, state }
}

test('what happens within two seconds goes out as one message with a count for each topic', async () => {
  const { say, pass, brief } = start()
  for (const topic of ['a', 'b', 'a', 'a']) say(topic)
  await pass(2000)
  expect(brief()).toEqual([['a 3', 'b 1']])
})

test('a topic is told once in its time; what came meanwhile is counted in the next, and another topic does not wait', async () => {
  const { say, pass, brief } = start()
  say('a')
  await pass(2000)
  for (let n = 0; n < 50; n++) say('a')
  say('b')
  await pass(2000)
  expect(brief()).toEqual([['a 1'], ['b 1']])
  for (let n = 0; n < 10; n++) await pass(MINUTE)
  expect(brief()).toEqual([['a 1'], ['b 1'], ['a 50']])
})

test('a stranger who causes ever new topics fills neither the memory nor the letter box', async () => {
  const { say, pass, sent } = start()
  for (let n = 0; n < 10_000; n++) say(`account-${n}`)
  await pass(2000)
  expect(sent).toHaveLength(1)
  expect(sent[0]).toHaveLength(501)
  expect(sent[0]?.at(-1)).toMatchObject({ topic: 'more', count: 9500 })
})

test('texts from outside cannot break a header or steer a terminal', async () => {
  const { say, pass, sent } = start()
  say('a', `one\r\nBcc: all@example.com\u001b[2J${'x'.repeat(1000)}`)
  await pass(2000)
  expect(sent[0]?.[0]?.text).not.toMatch(/[\p{Cc}]/u)
  expect(sent[0]?.[0]?.text.length).toBeLessThanOrEqual(300)
})

test('a channel that is down is tried three more times; then the loss is said', async () => {
  const { say, pass, sent, failed, state } = start()
  state.down = true
  say('a')
  await pass(2000)
  for (const wait of [5000, 30_000]) await pass(wait)
  expect(failed).toEqual([])
  await pass(120_000)
  expect(failed).toEqual([1])
  state.down = false
  say('b')
  await pass(2000)
  await pass(10 * MINUTE)
  expect(sent.map((messages) => messages.map(({ topic }) => topic))).toEqual([['b']])
})

test('the end of the process sends what waits, and waits for no server that is down', async () => {
  const { say, brief, notifier, state, failed } = start()
  say('a')
  await notifier.close()
  expect(brief()).toEqual([['a 1']])
  state.down = true
  say('b')
  await notifier.close()
  expect(failed).toEqual([])
})

test('of the events of the trail an owner is told the grave ones, and of no others', async () => {
  const { notifier, pass, sent } = start()
  const kinds = ['login.failed', 'password.locked', 'audit.broken', 'request.refused', 'gateway.failed'] as const
  for (const kind of kinds) notifier.event(auditEvent({ kind, at: START, target: 'ada', detail: { from: 7 } }))
  await pass(2000)
  expect(sent[0]?.map(({ topic }) => topic)).toEqual(['password.locked ada', 'audit.broken ada', 'gateway.failed ada'])
  expect(sent[0]?.[1]?.text).toBe('The audit trail was changed from entry 7 on. Run: cloakroom audit verify')
})

test('an API that refuses the secret in use is told of, whether another one helped or not', async () => {
  const { notifier, pass, sent } = start()
  notifier.event(auditEvent({ at: START, kind: 'credential.rejected', target: 'crm', result: 'ok', reason: 'spare_taken' }))
  notifier.event(auditEvent({ at: START, kind: 'credential.rejected', target: 'shop', result: 'failed', reason: 'both_refused' }))
  await pass(2000)
  expect(sent[0]?.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^An API refused the newest version of crm, and took another one\./),
    expect.stringMatching(/^An API refused every version of shop; its calls fail\./),
  ])
})
