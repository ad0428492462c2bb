import { EXIT, failed, type Outcome } from './outcome.ts'

const REVEALING = /^--?(?:secret|value|token|key|api-?key|password|passphrase)(?:=|$)/i

/** A secret on the command line is in the shell's history and in the list of processes already: say so, and take nothing from it. */
export function refuseArguments(argv: readonly string[]): Outcome | null {
  const found = argv.find((argument) => REVEALING.test(argument))?.split('=')[0]
  if (found === undefined) return null
  return failed(
    EXIT.usage,
    `\`${found}\` is no option: secrets and passwords are never arguments.`,
    'Type them at the prompt, pipe them in (< secret.txt), or name a file with --secret-file or --password-file. If you gave a real one just now, replace it: your shell remembers it.',
  )
}

/** Commander's message without the arguments that it quotes: one of them might be a secret. */
export function withoutArguments(message: string): string {
  return message
    .replace(/(but got \d+): [\s\S]*$/, '$1; secrets and passwords are never arguments.\n')
    .replace(/(argument) '[^']*' is invalid\. Allowed/, '$1 is not one of them. Allowed')
}
