import { Client } from 'undici'

export interface Scenario {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: Buffer | null
  /** Bytes that an answer must have; a wrong one ends the run. */
  readonly expectBytes: number | null
  readonly requests: number
  readonly connections: number
}

export interface Round {
  readonly seconds: number
  readonly requests: number
}

/** Sends a bounded number of requests over kept connections, each as soon as the one before is answered. Throws on any wrong answer. */
export async function run(origin: string, scenario: Scenario, headers: Readonly<Record<string, string>>): Promise<Round> {
  const clients = Array.from({ length: scenario.connections }, () => new Client(origin, { pipelining: 1 }))
  let left = scenario.requests
  const started = performance.now()
  try {
    await Promise.all(
      clients.map(async (client) => {
        while (left > 0) {
          left -= 1
          await once(client, scenario, headers)
        }
      }),
    )
  } finally {
    await Promise.all(clients.map((client) => client.destroy()))
  }
  return { seconds: (performance.now() - started) / 1000, requests: scenario.requests }
}

function once(client: Client, scenario: Scenario, headers: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    let status = 0
    let length = 0
    client.dispatch(
      {
        method: scenario.method,
        path: scenario.path,
        headers: scenario.body === null ? headers : { ...headers, 'content-type': 'application/octet-stream' },
        body: scenario.body,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData(_controller, chunk) {
          length += chunk.length
        },
        onResponseEnd() {
          const right = status === 200 && (scenario.expectBytes === null || length === scenario.expectBytes)
          if (right) resolve()
          else reject(new Error(`${scenario.name}: status ${status}, ${length} bytes`))
        },
        onResponseError(_controller, error) {
          reject(error)
        },
      },
    )
  })
}
