import type { Command } from 'commander'
import { isShown } from '../account/factors.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed } from './outcome.ts'
import { toldAccount, withAccounts } from './with-accounts.ts'
import type { Does, World } from './world.ts'

export function addAccountRecoveryCodes(account: Command, does: Does): void {
  withCommonOptions(account.command('recovery-codes'))
    .description('Make new recovery codes for an account and print them, once. Earlier ones open nothing any more.')
    .argument('<name>', 'an account')
    .addHelpText(
      'after',
      '\nExample:\n  cloakroom account recovery-codes ada\n\nEach stands in for the second factor once, beside the password. Hand them over in person.',
    )
    .action(
      does((world: World, name: string, options: CommonOptions) =>
        withAccounts(world, options.config, async (accounts, cause, { factors }) => {
          const found = await accounts.find(name)
          if (found === null) return toldAccount({ kind: 'refused', code: 'unknown_account', why: `There is no account ${name}.` }, '')
          if (!(await factors.list(found.id)).some(isShown))
            return failed(
              EXIT.failed,
              `${name} has no second factor that a code could stand in for.`,
              'The account adds one at /auth/factors, or at the next sign-in where `secondFactor` demands it.',
            )
          const codes = await factors.makeRecoveryCodes(found, cause)
          return done(codes.join('\n'), { recoveryCodes: codes })
        }),
      ),
    )
}
