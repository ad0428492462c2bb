import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import type { ConfigProblem, Locate } from '../config/problem.ts'
import { readTheme } from '../http/pages/theme.ts'

/** Can the gateway's pages show the name, the colour and the logo? A logo that cannot be read is checkFiles' to tell. */
export function checkTheme(config: Config, locate: Locate): readonly ConfigProblem[] {
  const { name, colour, logo } = config.theme
  let bytes: Uint8Array | null = null
  try {
    bytes = logo === null ? null : readFileSync(logo)
  } catch {
    return []
  }
  const host = new URL(publicOriginOf(config)).host
  const read = readTheme({ name: name ?? host, colour, logo: logo === null || bytes === null ? null : { fileName: basename(logo), bytes } })
  if (read.kind === 'theme') return []
  return read.problems.map(({ key, why }) => {
    const spot = locate(['theme', key], 'value')
    const text = `The gateway’s pages cannot use this ${key}.`
    return {
      code: 'theme_refused',
      severity: 'error',
      key: `theme.${key}`,
      line: spot?.line ?? null,
      column: spot?.column ?? null,
      text,
      fix: why,
    }
  })
}
