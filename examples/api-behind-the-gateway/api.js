// A small API that answers its gateway and nobody else: `node api.js`, then see README.md. `node api.js --open` is the same without protection.
import { createServer } from 'node:http'
import { memoryNonces } from '@cloakroom/signature'
import { fileKeys } from '@cloakroom/signature/keys-file'
import { requireSignature } from '@cloakroom/signature/node'

const port = Number(process.env.PORT ?? 3000)
const protect = {
  authority: process.env.AUTHORITY ?? `localhost:${port}`,
  keys: fileKeys({ path: process.env.KEYS ?? 'gateway-public.json' }),
  nonces: memoryNonces(),
  report: ({ reason, detail, keyid }) => console.log(`refused: ${reason} (${detail}), key ${keyid ?? 'none'}`),
}

const orders = [{ id: 1, item: 'a warm coat' }]

function answer(request, response, signed) {
  const send = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
  if (signed.path !== '/orders') return send(404, { error: 'no such path' })
  if (signed.method === 'GET') return send(200, { orders, account: signed.context?.account ?? null })
  if (signed.method !== 'POST') return send(405, { error: 'GET or POST' })
  let text = ''
  request.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  request.on('end', () => {
    try {
      const order = { id: orders.length + 1, item: String(JSON.parse(text).item) }
      orders.push(order)
      send(201, order)
    } catch {
      send(400, { error: 'not JSON' })
    }
  })
}

const open = (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  answer(request, response, { method: request.method, path: pathname, context: null })
}

createServer(process.argv.includes('--open') ? open : requireSignature(protect, answer)).listen(port, '127.0.0.1', () =>
  console.log(`listening on http://localhost:${port}`),
)
