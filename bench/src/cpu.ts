import { globSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in these; sysconf(_SC_CLK_TCK) is 100 on every machine that Node runs on. */
const TICKS_PER_SECOND = 100

/** CPU seconds, user and system, that a process and its children have used so far: the operating system's word, not the process's. */
export function cpuSeconds(pid: number): number {
  return family(pid).reduce((sum, one) => sum + ticks(one), 0) / TICKS_PER_SECOND
}

/** Resident memory of a process and its children, MiB. */
export function residentMiB(pid: number): number {
  return (
    family(pid).reduce((sum, one) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0), 0) / 1024
  )
}

function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  // proc(5): utime and stime are the 14th and 15th field; the name, which may hold spaces, is cut off.
  return Number(fields[11]) + Number(fields[12])
}

function family(pid: number): number[] {
  const children = globSync(`/proc/${pid}/task/*/children`).flatMap((file) =>
    readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(family)]
}
