import { afterEach, expect, test, vi } from 'vitest'
import { makeAuthority } from '../../test/certificates.ts'
import { collect } from '../../test/bodies.ts'
import { manualLater } from '../../test/fakes/later.ts'
import { makeApi } from '../../test/fixtures.ts'
import { gate, startUpstream } from '../../test/upstream.ts'
import { GateError } from '../errors.ts'
import type { ClientIdentity } from './client-identity.ts'
import { createForward } from './forward.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

test('UPV-13 a stream without an end goes on for ten minutes under a certificate that was replaced, and is cut then', async () => {
  const authority = await makeAuthority()
  const upstream = await startUpstream({
    tls: await authority.issue(['127.0.0.1']),
    script: (request) => (request.target === '/v1/stream' ? { body: ['begun', gate(), 'end'] } : { body: 'whole' }),
  })
  const time = manualLater()
  const forward = createForward({ later: time.later })
  open.push(upstream.close, () => forward.close())
  const pairs = [await authority.issue(['one.example']), await authority.issue(['two.example'])] as const
  let shown: 0 | 1 | 'none' = 0
  const identity = (): ClientIdentity => {
    if (shown === 'none') throw new GateError('credential_unavailable', 'revoked')
    const pair = pairs[shown]
    return { id: String(shown), from: null, use: (make) => make(pair) }
  }
  const api = makeApi({ upstreamOrigin: upstream.origin })
  const line = forward.trusting(new Map([[upstream.origin, authority.pem]]), new Map([[api.name, identity]]))
  const send = async (path: string) => await line.send({ method: 'GET', origin: upstream.origin, path, query: '', headers: [] }, null, api)

  const stream = collect((await send('/v1/stream')).body).then(
    () => 'ended',
    (cause: unknown) => (cause instanceof GateError ? cause.code : String(cause)),
  )
  const state = async (): Promise<string> => await Promise.race([stream, new Promise<string>((done) => setTimeout(done, 50, 'runs'))])
  shown = 1
  expect((await send('/v1/x')).status).toBe(200)
  time.pass(599_000)
  expect(await state()).toBe('runs')
  time.pass(1000)
  await vi.waitUntil(async () => (await state()) !== 'runs')
  expect(await stream).toBe('stopping')
  shown = 'none'
  await expect(send('/v1/x')).rejects.toMatchObject({ code: 'credential_unavailable' })
})
