/** Counts requests by route, status class (1 to 5) and code without making a string or an object per request. */
export interface Tally {
  add(route: string | null, statusClass: number, code: string | null): void
  each(visit: (route: string | null, statusClass: number, code: string | null, count: number) => void): void
}

export function createTally(): Tally {
  const routes = new Map<string | null, Map<string | null, number[]>>()
  return {
    add(route, statusClass, code) {
      let codes = routes.get(route)
      if (codes === undefined) routes.set(route, (codes = new Map()))
      let counts = codes.get(code)
      if (counts === undefined) codes.set(code, (counts = [0, 0, 0, 0, 0, 0]))
      counts[statusClass] = (counts[statusClass] ?? 0) + 1
    },
    each(visit) {
      for (const [route, codes] of routes) {
        for (const [code, counts] of codes) {
          for (const [statusClass, count] of counts.entries()) if (count > 0) visit(route, statusClass, code, count)
        }
      }
    },
  }
}
