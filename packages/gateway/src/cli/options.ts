import type { Command } from 'commander'

/** What every command takes. */
export interface CommonOptions {
  readonly config: string
  readonly json?: boolean
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration', 'cloakroom.yaml')
    .option('--json', 'print one JSON value instead of text')
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
