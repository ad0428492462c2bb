/** The demo's shop. It calls its own origin and holds no key: there is none to hold. */

interface Product {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly origin: string
  readonly price: number
  readonly stock: number
  readonly note: string
}

interface Order {
  readonly number: number
  readonly name: string
  readonly grams: number
  readonly price: number
}

type Session = { readonly active: false } | { readonly active: true; readonly account: string }

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

function get(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/** Calls the shop's API through the gateway. A session that ended leads to the login page. */
async function call<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await fetch(`/api/shop${path}`, options)
  if (response.status === 401) {
    location.assign('/auth/login?next=/')
    throw new Error('signed out')
  }
  if (!response.ok) throw new Error(`The shop answered ${response.status}.`)
  return (await response.json()) as T
}

async function showProducts(): Promise<void> {
  const chosen = new FormData(get('filters') as HTMLFormElement)
  const query = new URLSearchParams()
  for (const [name, value] of chosen) if (typeof value === 'string' && value !== '') query.set(name, value)
  const { products } = await call<{ products: readonly Product[] }>(`/products?${query}`)
  get('status').textContent = products.length === 1 ? '1 tea' : `${products.length} teas`
  get('products').replaceChildren(...products.map(card))
}

function card(product: Product): HTMLElement {
  const buy = element('button', { type: 'button', textContent: 'Order 100 g', onclick: () => void attempt(() => order(product)) })
  buy.setAttribute('aria-label', `Order 100 g of ${product.name}`)
  return element(
    'li',
    {},
    element('h3', { textContent: product.name }),
    element('p', { className: 'meta', textContent: `${product.kind} · ${product.origin}` }),
    element('p', { className: 'meta', textContent: product.note }),
    element('p', { className: product.stock < 10 ? 'meta low' : 'meta', textContent: `${product.stock} in stock` }),
    element(
      'div',
      { className: 'buy' },
      element('span', { className: 'price', textContent: `${money.format(product.price / 100)} / 100 g` }),
      buy,
    ),
  )
}

async function order(product: Product): Promise<void> {
  await call('/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ product: product.id, grams: 100 }),
  })
  await showOrders()
  get('status').textContent = `Ordered: 100 g of ${product.name}`
}

async function showOrders(): Promise<void> {
  const { orders } = await call<{ orders: readonly Order[] }>('/orders')
  get('orders-title').hidden = orders.length === 0
  get('orders').replaceChildren(
    ...orders.map(({ name, grams, price }) => element('li', { textContent: `${grams} g ${name}, ${money.format(price / 100)}` })),
  )
}

async function signOut(): Promise<void> {
  await fetch('/auth/logout', { method: 'POST' })
  location.assign('/')
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    get('status').textContent = cause instanceof Error ? cause.message : String(cause)
  }
}

async function main(): Promise<void> {
  const session = (await (await fetch('/auth/session?passive=1')).json()) as Session
  get('welcome').hidden = session.active
  get('shop').hidden = !session.active
  if (!session.active) return
  get('account').replaceChildren(
    element('span', { textContent: session.account }),
    element('button', { type: 'button', className: 'quiet', textContent: 'Sign out', onclick: () => void attempt(signOut) }),
  )
  get('filters').addEventListener('input', () => void attempt(showProducts))
  get('filters').addEventListener('submit', (event) => event.preventDefault())
  await attempt(async () => {
    await showProducts()
    await showOrders()
  })
}

void main()
