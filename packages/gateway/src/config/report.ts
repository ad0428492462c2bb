import type { ConfigCode } from './codes.ts'
import { formatKey, type KeyPath } from './problem.ts'

/** Takes down one problem of a configuration; the collector adds its place in the text. */
export type Report = (code: ConfigCode, path: KeyPath, text: string, fix: string, severity?: 'error' | 'warning') => void

/** ADM-02: a daring setting is allowed when it is named, and it is said at every start. */
export function warnUnsafe(path: KeyPath, report: Report): void {
  report('unsafe_setting', path, `\`${formatKey(path)}\` is on.`, 'Turn it off unless you know that nobody else is on the way.', 'warning')
}
