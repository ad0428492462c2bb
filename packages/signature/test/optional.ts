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

/** The path of a program, or null when this machine has none of the candidates. */
export function optionalProgram(...candidates: readonly string[]): string | null {
  for (const candidate of candidates) {
    if (candidate.startsWith('/') ? existsSync(candidate) : spawnSync(candidate, ['--version'], { stdio: 'ignore' }).error === undefined)
      return candidate
  }
  return missing(`the program ${candidates.join(' or ')}`, undefined)
}

function missing(what: string, cause: unknown): null {
  if (process.env['CI'] === 'true') throw new Error(`${what} is not installed`, { cause })
  console.log(`skipped: ${what} is not installed`)
  return null
}
