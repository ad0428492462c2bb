import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSigner, generateKey, requestTo, signingKey, type FieldLine } from '../src/index.ts'
import { listenWith, send } from './servers.ts'

const API = fileURLToPath(new URL('../../../examples/api-behind-the-gateway/api.js', import.meta.url))

describe('the example API', () => {
  let folder = ''
  let port = 0
  let child: ChildProcess
  let output = ''
  const key = generateKey('ed25519')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakroom-example-'))
    const { publicJwk } = await key
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [publicJwk] }))
    const free = await listenWith(() => undefined)
    port = free.port
    await free.close()
    child = spawn(process.execPath, ['--conditions=source', API], {
      env: { ...process.env, PORT: String(port), KEYS: join(folder, 'keys.json') },
    })
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(output)))
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString()
          if (output.includes('listening')) resolve()
        })
      }
    })
  })
  afterAll(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await gone
    await rm(folder, { recursive: true })
  })

  async function signedFields(method: string, content: Uint8Array | null): Promise<readonly FieldLine[]> {
    const sign = createSigner({ key: await signingKey((await key).privateJwk) })
    const own: readonly FieldLine[] = [
      ['Cloakroom-Context', 'v=1, sub="u_123"'],
      ...(content === null ? [] : [['Content-Type', 'application/json'] as const]),
    ]
    const request = requestTo(`http://localhost:${port}/orders`, method, own)
    const signed = await sign(request, content)
    if (!signed.ok) throw new Error(signed.detail)
    return [['Host', `localhost:${port}`], ...own, ...signed.value.fields]
  }

  it('UPV-01 refuses what curl sends, and says why in its own output only', async () => {
    const answer = await send(
      port,
      'GET',
      '/orders',
      [
        ['Host', `localhost:${port}`],
        ['User-Agent', 'curl/8.0'],
        ['Accept', '*/*'],
      ],
      null,
    )
    expect(answer.status).toBe(403)
    expect(answer.body).not.toContain('unsigned')
    await expect.poll(() => output).toContain('refused: unsigned')
  })

  it('answers its gateway, once per signature', async () => {
    const fields = await signedFields('GET', null)
    const first = await send(port, 'GET', '/orders', fields, null)
    expect({ status: first.status, body: JSON.parse(first.body) as unknown }).toMatchObject({ status: 200, body: { account: 'u_123' } })
    expect((await send(port, 'GET', '/orders', fields, null)).status).toBe(403)
  })

  it('takes an order with its content, and not another one under the same signature', async () => {
    const content = new TextEncoder().encode('{"item":"a hat"}')
    const good = await send(port, 'POST', '/orders', await signedFields('POST', content), content)
    expect({ status: good.status, body: JSON.parse(good.body) as unknown }).toEqual({ status: 201, body: { id: 2, item: 'a hat' } })
    const bad = await send(port, 'POST', '/orders', await signedFields('POST', content), new TextEncoder().encode('{"item":"a cat"}'))
    expect(bad.status).toBe(403)
  })
})
