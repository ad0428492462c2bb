/** The one of `candidates` that `text` was probably meant to be: at most a third of its letters away. Null when none is near. */
export function nearest(text: string, candidates: readonly string[]): string | null {
  const folded = fold(text)
  let best: { readonly name: string; readonly distance: number } | null = null
  for (const name of candidates) {
    const distance = editDistance(folded, fold(name))
    if (distance <= Math.max(1, Math.floor(name.length / 3)) && (best === null || distance < best.distance)) best = { name, distance }
  }
  return best?.name ?? null
}

function fold(text: string): string {
  return text.slice(0, 64).toLowerCase().replaceAll(/[-_]/g, '')
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1]
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
