import { existsSync } from 'node:fs'
import { spawnSync } from 'node:child_process'

/** A module that a test uses when it is there. Without it the test is skipped with a line; with CI=true that is a failure. */
export function optionalModule(name: string, load: () => unknown): unknown {
  try {
    return load()
  } catch (error) {
    return missing(`the module ${name}`, error)
  }
}

/** The path of a program, or null when this machine has none of the candidates; with CI=true that is a failure. */
export function optionalProgram(...candidates: readonly string[]): string | null {
  return foundProgram(candidates) ?? missing(`the program ${candidates.join(' or ')}`, undefined)
}

/** The same for a language that a machine may well be without, CI or not. */
export function languageIfThere(command: string): string | null {
  const found = foundProgram([command])
  if (found === null) console.log(`skipped: ${command} is not installed`)
  return found
}

function foundProgram(candidates: readonly string[]): string | null {
  const answers = (candidate: string) => spawnSync(candidate, ['--version'], { stdio: 'ignore' }).error === undefined
  return candidates.find((candidate) => (candidate.startsWith('/') ? existsSync(candidate) : answers(candidate))) ?? null
}

function missing(what: string, cause: unknown): null {
  if (process.env['CI'] === 'true') throw new Error(`${what} is not installed`, { cause })
  console.log(`skipped: ${what} is not installed`)
  return null
}
