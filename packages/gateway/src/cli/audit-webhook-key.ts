import type { Command } from 'commander'
import { NOTIFY } from '../outlets.ts'
import { webhookPurpose } from '../purposes.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed } from './outcome.ts'
import type { Does, World } from './world.ts'

export function addAuditWebhookKey(audit: Command, does: Does): void {
  withCommonOptions(audit.command('webhook-key'))
    .description('Print the key that a webhook is signed with, for its receiver. It comes from the vault, another one for each name.')
    .argument('<name>', `a sink of kind webhook in the configuration, or \`${NOTIFY}\``)
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom audit webhook-key siem\n  cloakroom audit webhook-key notify\n\nA sink of another name has another key: rename it when a key got lost.',
    )
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        withVault(world, options.config, async ({ config, vault }) => {
          const known = name === NOTIFY ? config.notify.webhook !== null : config.audit.sinks[name]?.kind === 'webhook'
          if (!known)
            return failed(EXIT.failed, `The configuration has no webhook ${name}.`, 'See `audit.sinks` and `notify.webhook` there.')
          const key = vault.deriveKey(webhookPurpose(name)).export()
          const text = `whsec_${key.toString('base64')}`
          key.fill(0)
          return done(text, { name, key: text })
        }),
      ),
    )
}
