import { SLASH_SEGMENT } from '../decide/route.ts'
import { parseAllow } from './allow.ts'
import type { Config } from './paths.ts'
import { formatKey, type ConfigProblem, type Locate } from './problem.ts'

/** What `check` says of each line that takes an encoded slash: what passes, what does not, and what the API must not do. Pure. */
export function checkSlashes(config: Config, locate: Locate): readonly ConfigProblem[] {
  return Object.entries(config.apis).flatMap(([name, api]) =>
    api.allow.flatMap((text, at): readonly ConfigProblem[] => {
      const line = parseAllow(text)
      if (line.kind !== 'line' || !line.pattern.includes(SLASH_SEGMENT)) return []
      const path = ['apis', name, 'allow', at]
      const spot = locate(path, 'value')
      return [
        {
          code: 'allow_slash',
          severity: 'warning',
          key: formatKey(path),
          line: spot?.line ?? null,
          column: spot?.column ?? null,
          text: `${text.trim()} takes one encoded slash in that segment (a%2Fb) and sends it on as %2F; a plain segment does not fit it, and dot segments behind it are refused.`,
          fix: 'Keep the line if the API reads a%2Fb as one name. One that decodes before it routes reads a/b: then this line lets calls in to whatever lies there.',
        },
      ]
    }),
  )
}
