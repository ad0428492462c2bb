import { execFileSync } from 'node:child_process'

/** How many files this process and its children may have open, after asking the system for `wanted` where it may be asked (util-linux). */
export function descriptorsFor(wanted: number): number {
  const had = limit()
  if (had >= wanted) return had
  // As root beyond the hard limit, as anybody up to it; what cannot be had is reported by the caller.
  for (const range of [`${wanted}:${wanted}`, `${wanted}:`]) {
    try {
      execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${range}`], { stdio: 'ignore' })
      return limit()
    } catch {
      continue
    }
  }
  return had
}

function limit(): number {
  return Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || 1_000_000
}
