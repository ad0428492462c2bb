import { GateError } from '../errors.ts'

/** Exit codes, after sysexits.h where it has one; docs/reference/command-line.md explains them. */
export const EXIT = {
  ok: 0,
  /** A finding, or something that could not be done as asked: a name that is taken, a password that is too weak. */
  failed: 1,
  usage: 64,
  /** The store is busy, or a port is taken. */
  unavailable: 69,
  internal: 70,
  /** A file is in the way, or cannot be made. */
  cannotCreate: 73,
  /** A file cannot be read or written. */
  files: 74,
  /** cloakroom.yaml, the key or the vault does not fit. */
  configuration: 78,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What came of a command. `human` is for standard output, `value` is what --json prints. */
export type Outcome =
  | { readonly kind: 'done'; readonly exit: ExitCode; readonly human: string; readonly value: unknown }
  /** One sentence what is wrong, one how to fix it; `more` for lists of problems. */
  | {
      readonly kind: 'failed'
      readonly exit: ExitCode
      readonly problem: string
      readonly fix: string
      readonly more?: { readonly human: string; readonly value: unknown }
    }
  /** The command has shown its own output. */
  | { readonly kind: 'said'; readonly exit: number }
  | { readonly kind: 'interrupted' }

export function done(human: string, value: unknown, exit: ExitCode = EXIT.ok): Outcome {
  return { kind: 'done', exit, human, value }
}

export function failed(exit: ExitCode, problem: string, fix: string): Outcome {
  return { kind: 'failed', exit, problem, fix }
}

/** What a thrown error means for the person at the terminal. Never shows a stack. */
export function explainThrown(cause: unknown): Outcome {
  if (cause instanceof GateError) return explainGateError(cause)
  const code = codeOf(cause)
  const said = cause instanceof Error ? cause.message : String(cause)
  if (code === 'EADDRINUSE')
    return failed(EXIT.unavailable, `An address is taken: ${said}.`, 'Stop what listens there, or choose another port in cloakroom.yaml.')
  if (code === 'EACCES' && /listen/.test(said))
    return failed(
      EXIT.unavailable,
      `This user may not listen there: ${said}.`,
      'Choose a port above 1023, or give the service the right to bind it.',
    )
  if (code === 'EEXIST') return failed(EXIT.cannotCreate, `A file is in the way: ${said}.`, 'Move it away first; nothing was overwritten.')
  if (code === 'EROFS')
    return failed(EXIT.cannotCreate, `Nothing can be written there: ${said}.`, 'Run this in a folder on a disk that is not read-only.')
  if (code === 'EACCES' || code === 'EPERM')
    return failed(EXIT.cannotCreate, `A file may not be written or read: ${said}.`, 'Check who owns the folder, and run this as that user.')
  if (code === 'ERR_ACCESS_DENIED' && cause instanceof Error) {
    const place = 'resource' in cause && typeof cause.resource === 'string' && cause.resource !== '' ? cause.resource : 'this'
    return failed(EXIT.configuration, `The sandbox does not grant ${place}.`, 'Name it in cloakroom.yaml, or start without --sandbox.')
  }
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return failed(EXIT.files, `The disk is full: ${said}.`, 'Make room and run this again; nothing half-done was kept.')
  if (/^E[A-Z]+$/.test(code)) return failed(EXIT.files, `A file cannot be used: ${said}.`, 'Check the path.')
  return failed(EXIT.internal, `This is a mistake in cloakroom: ${said}.`, 'Please report it, with the command that you ran.')
}

function explainGateError(error: GateError): Outcome {
  const detail = sentence(error.message.slice(error.code.length + 2))
  const inner = codeOf(error.cause)
  if (/^E(?:ADDRINUSE|ADDRNOTAVAIL|NOTFOUND)$/.test(inner) || (inner === 'EACCES' && error.code === 'internal')) {
    const [problem = detail, ...fix] = detail.split(/(?<=\.) (?=[A-Z])/)
    return failed(EXIT.unavailable, problem, fix.join(' ') || 'Choose another address in cloakroom.yaml.')
  }
  switch (error.code) {
    case 'credential_unavailable':
      return failed(
        EXIT.configuration,
        detail,
        inner === 'ENOENT'
          ? 'Bring the key back from its backup, or make a new one with `cloakroom secret rekey --recover`.'
          : 'Nothing was changed. See docs/vault.md for keys and recovery.',
      )
    case 'store_unavailable':
      // SQLite's word for a lock that was not released in time; everything else is about the files.
      return /locked|busy/.test(error.message)
        ? failed(EXIT.unavailable, detail, 'Another process holds the store: try again in a moment.')
        : failed(EXIT.files, detail, 'Check the `store` folder: is it there, who owns it, and how much room is left?')
    case 'busy':
      return failed(EXIT.unavailable, detail, 'Try again in a moment.')
    default:
      return failed(EXIT.internal, detail, 'Please report it, with the command that you ran.')
  }
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
