import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { builtIn } from '../account/mail/built-in.ts'
import { LETTER_LANGUAGES, LETTERS, writeTemplate } from '../account/mail/templates.ts'
import { readMailAddress } from '../decide/mail-address.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

/** `cloakroom mail …`: whether it leaves, and what it says. */
export function addMail(program: Command, does: Does): void {
  const mail = program.command('mail').description('Try the mail server, and write out the letters that people get.')
  withCommonOptions(mail.command('test'))
    .description('Send a letter through the mail server of the configuration.')
    .argument('<address>', 'to whom')
    .addHelpText('after', '\nExamples:\n  cloakroom mail test owner@example.com')
    .action(does((world: World, address: string, options: CommonOptions) => mailTest(world, address, options)))
  withCommonOptions(mail.command('templates'))
    .description('Write the built-in letters into a folder, to be changed there and named in `mail.templates`.')
    .argument('<folder>', 'made when it is not there; nothing in it is overwritten')
    .addHelpText('after', '\nExamples:\n  cloakroom mail templates ./letters')
    .action(does((world: World, folder: string) => Promise.resolve(writeTemplates(world, folder))))
}

async function mailTest(world: World, address: string, { config: file }: CommonOptions): Promise<Outcome> {
  if (readMailAddress(address) === null) return failed(EXIT.usage, 'This is no mail address.', 'Write one, as in owner@example.com.')
  return await withVault(world, file, async ({ config, vault }) => {
    const { openPost } = await import('../post.ts')
    const post = openPost({ config, vault, clock: world.clock, random: world.random })
    if (post === null || config.mail === null)
      return failed(EXIT.failed, 'No mail server is named.', 'Add `mail: { smtp: smtp://mail.example.com:587, from: gate@example.com }`.')
    try {
      await post.send({
        to: [address],
        subject: 'Cloakroom sends mail',
        text: 'This letter came through the mail server of cloakroom.yaml.\n',
      })
    } catch (cause) {
      return failed(
        EXIT.unavailable,
        `${config.mail.smtp} did not take it: ${wordsOf(cause)}`,
        'Correct `mail.smtp`, `mail.from`, or the credential.',
      )
    }
    return done(`${config.mail.smtp} took it.`, { smtp: config.mail.smtp, to: address })
  })
}

/** What the server or the system said; never a secret: neither has it. */
function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.slice(0, 200) : 'unknown'
}

function writeTemplates({ terminal }: World, folder: string): Outcome {
  const place = resolve(terminal.cwd, folder)
  const files = LETTERS.flatMap((name) =>
    LETTER_LANGUAGES.map((language) => ({ file: join(place, `${name}.${language}.txt`), text: writeTemplate(builtIn(name, language)) })),
  )
  const taken = files.find(({ file }) => existsSync(file))
  if (taken !== undefined) return failed(EXIT.failed, `${taken.file} is there already.`, 'Name another folder, or delete it first.')
  mkdirSync(place, { recursive: true })
  for (const { file, text } of files) writeFileSync(file, text)
  return done(
    `${files.length} letters are in ${folder}. Change them, then name it: mail: { templates: ${folder} }`,
    files.map(({ file }) => file),
  )
}
