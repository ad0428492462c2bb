import { EXIT, failed, type Outcome } from './outcome.ts'
import type { NodeProcess } from './node-process.ts'

/** Options that open the memory of the process: to whoever reaches a port, or as a file on the disk. */
const OPENING = [
  '--inspect',
  '--debug-port',
  '--heapsnapshot-signal',
  '--heapsnapshot-near-heap-limit',
  '--heap-prof',
  '--abort-on-uncaught-exception',
  '--report-on-signal',
  '--report-uncaught-exception',
  '--report-on-fatalerror',
] as const

/** A gateway in use holds secrets: it does not run with a debugger, heap snapshots, core dumps or reports. Null when there is none of it. */
export function refuseDebugging(node: NodeProcess, options: string | undefined): Outcome | null {
  const found = [...node.execArgv, ...(options ?? '').split(/\s+/)]
    .map(spelled)
    .find((word) => OPENING.some((each) => word.startsWith(each)))
  if (found === undefined && !node.isInspected) return null
  return failed(
    EXIT.configuration,
    `A gateway does not run with ${found === undefined ? 'a debugger' : `\`${found.split('=', 1)[0] ?? ''}\``}: it would open its memory, and the secrets in it, to others.`,
    'Take it out of the command line and of NODE_OPTIONS. To look into a problem, use the log and the audit trail.',
  )
}

/** Node takes underscores for hyphens, and quotes in NODE_OPTIONS. */
function spelled(word: string): string {
  return word.replaceAll(/["']/g, '').replaceAll('_', '-')
}
