import { reaches, type Report } from '../check.ts'
import { jsonReport } from '../report/json.ts'
import { sarifReport } from '../report/sarif.ts'
import { coloured, plain, type Style } from '../report/style.ts'
import { textReport } from '../report/text.ts'
import { version } from '../version.ts'
import { exitCodes, type Io } from './io.ts'
import type { Options } from './options.ts'

/** Writes the report in the wanted format, and answers the exit code for it. */
export function conclude(report: Report, options: Options, io: Io): number {
  if (options.json === true) io.stdout.write(jsonReport(report))
  else if (options.sarif === true) io.stdout.write(sarifReport(report, version))
  else io.stdout.write(textReport(report, styleFor(options, io)))
  return options.failOn !== 'never' && reaches(report, options.failOn) ? exitCodes.findings : exitCodes.clean
}

/** Colour on a terminal, unless NO_COLOR (no-color.org) or the option forbids it. */
export function styleFor(options: Options, io: Io): Style {
  const forbidden = options['no-color'] === true || (io.env['NO_COLOR'] ?? '') !== ''
  return io.terminal && !forbidden ? coloured : plain
}
