import { paint } from './show.ts'
import type { Terminal } from './terminal.ts'

/** Shows a recovery passphrase, once: on the error output, so that it never gets into a result that is stored. */
export function showPassphrase(terminal: Terminal, phrase: string): void {
  terminal.err(
    `\nRecovery passphrase, shown this once:\n\n    ${paint('bold', phrase, terminal)}\n\n` +
      'Keep it where the data and its backups are not: on paper, or in a password manager. With it and a backup\nthe vault opens when the key is lost; without both, its secrets are gone.\n\n',
  )
}
