import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { install, type Installation, type Started } from '../started.ts'

let at: Installation
let gateway: Started
beforeAll(async () => {
  at = await install('canary-health-4Zk8Qw2LmX9')
  gateway = await at.start()
  // What the system gave it, so that the command finds it.
  at.edit((text) => text.replace(/^admin: .*$/m, `admin: { listen: "127.0.0.1:${gateway.adminPort}" }`))
})
afterAll(async () => {
  await at.remove()
})

test('ADM-04 a gateway that runs is asked by its own command, and says no more than which part fails', async () => {
  expect(await at.run(['check', '--running'])).toMatchObject({ code: 0, out: 'The gateway is healthy.\n' })
  rmSync(join(at.folder, 'data/durable.sqlite'))
  const health = () => call(gateway.adminPort, 'GET', '/healthz', { host: `127.0.0.1:${gateway.adminPort}`, from: 'none' })
  await vi.waitFor(async () => expect((await health()).status).toBe(503), { timeout: 5000, interval: 100 })
  const ran = await at.run(['check', '--running'])
  expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/The gateway is not healthy: accounts, vault, lockdown\.\n/)])
  await gateway.end('SIGTERM')
  const gone = await at.run(['check', '--running'])
  expect([gone.code, gone.err]).toEqual([69, expect.stringMatching(/No gateway answers .*\nIs it running\? ECONNREFUSED/)])
})
