import type { Page } from 'playwright-core'
import { type Exhibit, textExhibit } from './exhibit.ts'

/** Reads what the page keeps: both storages, its databases and its caches. */
export async function readStorage(page: Page, url: string): Promise<Exhibit[]> {
  const kept = await page.evaluate(READ_ALL)
  const { local, session, databases, caches } = kept as Kept
  return [
    ...local.map(([key, value]) => textExhibit('local storage', `${url} ${key}`, `${key}=${value}`)),
    ...session.map(([key, value]) => textExhibit('session storage', `${url} ${key}`, `${key}=${value}`)),
    ...databases.map(([name, content]) => textExhibit('indexed database', `${url} ${name}`, content)),
    ...caches.map(([name, content]) => textExhibit('cache storage', `${url} ${name}`, content)),
  ]
}

type Entry = readonly [name: string, content: string]

interface Kept {
  readonly local: readonly Entry[]
  readonly session: readonly Entry[]
  readonly databases: readonly Entry[]
  readonly caches: readonly Entry[]
}

/** Runs in the page. Text, not a function: it must not be compiled for Node. */
const READ_ALL = `(async () => {
  const entries = (storage) => { try { return Object.entries(storage) } catch { return [] } }
  const request = (asked) => new Promise((resolve, reject) => { asked.onsuccess = () => resolve(asked.result); asked.onerror = () => reject(asked.error) })
  const databases = []
  for (const { name } of await indexedDB.databases?.() ?? []) {
    try {
      const database = await request(indexedDB.open(name))
      for (const store of database.objectStoreNames) {
        const rows = await request(database.transaction(store).objectStore(store).getAll())
        databases.push([name + '/' + store, JSON.stringify(rows)])
      }
      database.close()
    } catch (cause) { databases.push([name, 'unreadable: ' + cause]) }
  }
  const cached = []
  for (const name of await globalThis.caches?.keys() ?? []) {
    const cache = await globalThis.caches.open(name)
    for (const key of await cache.keys()) cached.push([name + ' ' + key.url, await (await cache.match(key)).text()])
  }
  return { local: entries(globalThis.localStorage), session: entries(globalThis.sessionStorage), databases, caches: cached }
})()`
