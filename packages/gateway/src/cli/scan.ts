import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { collectBrowser } from '../scan/browser.ts'
import type { Collection } from '../scan/exhibit.ts'
import { collectFiles } from '../scan/files.ts'
import { findBrowser } from '../scan/find-browser.ts'
import { PageUnavailable, SignInFailed } from '../scan/open-page.ts'
import { collectPlain } from '../scan/plain.ts'
import { hasFindings, makeReport, printReport } from '../scan/report.ts'
import { type IsPlanted, search, type Sought } from '../scan/search.ts'
import { PURPOSES } from '../purposes.ts'
import { createMarks } from '../trap/mark.ts'
import type { Vault } from '../vault/vault.ts'
import { withVault } from './open.ts'
import { type CommonOptions, withCommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { askHidden, withoutLineEnd } from './ask.ts'
import type { Does, World } from './world.ts'

interface ScanOptions extends CommonOptions {
  readonly account?: string
  readonly login: string
  readonly passwordFile?: string
  readonly browser?: string
  readonly settle: string
}

export function addScan(program: Command, does: Does): void {
  withCommonOptions(program.command('scan'))
    .description('Search everything that a browser gets to see for the vault’s secrets and for strings shaped like keys.')
    .argument('<target...>', 'a URL (several pages of one site may follow), or a folder with the built site')
    .option('--account <name>', 'sign in as this account first; its password is asked for, or piped in')
    .option('--login <path>', 'where to sign in', '/auth/login')
    .option('--password-file <file>', 'read the password from a file instead of the prompt or standard input')
    .option('--browser <file>', 'the Chromium to use; left out: the one that is installed')
    .option('--settle <seconds>', 'how long a page may stay busy before it is read as it is', '10')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom scan http://localhost:8080/
  cloakroom scan http://localhost:8080/ http://localhost:8080/orders --account ada < password.txt
  cloakroom scan ./dist

Reads requests, answers, scripts, source maps, storages, cookies and the document; clicks nothing, sends nothing anywhere.
With a cloakroom.yaml at hand it searches for that vault's secrets, all versions that are not revoked, in this process. Exit code 1 when something was found.`,
    )
    .action(does((world: World, targets: readonly string[], options: ScanOptions) => scan(world, targets, options)))
}

async function scan(world: World, targets: readonly string[], options: ScanOptions): Promise<Outcome> {
  const folders = targets.filter((target) => !isUrl(target))
  if (folders.length > 0 && targets.length > 1)
    return failed(EXIT.usage, 'A folder is scanned alone.', 'Name one folder, or one or several URLs.')
  const settle = Number(options.settle)
  if (!(settle > 0 && settle <= 600)) return failed(EXIT.usage, '--settle is not a number of seconds.', 'Write a number from 1 to 600.')
  const [folder] = folders
  if (folder !== undefined) {
    const path = resolve(world.terminal.cwd, folder)
    if (!existsSync(path) || !statSync(path).isDirectory())
      return failed(EXIT.usage, `${folder} is neither a URL nor a folder.`, 'Write http:// or https:// before a host name.')
    return await withSought(world, options, (sought) => finish(world, collectFiles(path), sought))
  }
  const password =
    options.account === undefined
      ? null
      : await askHidden(
          world.terminal,
          `The password of ${options.account}`,
          options.passwordFile === undefined ? null : resolve(world.terminal.cwd, options.passwordFile),
        )
  if (password?.kind === 'none') return password.outcome
  return await withSought(world, options, async (sought) => {
    const executable = findBrowser(options.browser)
    if (executable === null && options.browser !== undefined)
      return failed(EXIT.usage, `${options.browser} cannot be run.`, 'Leave --browser out to use the Chromium that is installed.')
    if (executable === null) {
      world.terminal.err('note: no Chromium was found; reading by plain requests instead. Install chromium to see what scripts do.\n')
      return finish(world, await collectPlain(targets), sought)
    }
    const signIn =
      password === null || options.account === undefined
        ? null
        : {
            page: new URL(options.login, targets[0]).href,
            account: options.account,
            password: withoutLineEnd(password.value).toString('utf8'),
          }
    const superuser = world.terminal.isSuperuser
    return finish(world, await collectBrowser({ executable, urls: targets, signIn, settleMs: settle * 1000, superuser }), sought)
  }).catch((cause: unknown) => {
    if (cause instanceof SignInFailed)
      return failed(EXIT.unavailable, cause.message, 'Use an account that needs no more than its password, or scan without --account.')
    if (!(cause instanceof PageUnavailable)) throw cause
    return failed(EXIT.unavailable, `${cause.url} does not open (${cause.reason}).`, 'Is it running, and is the address right?')
  })
}

/** What is searched for, and what is no finding. */
interface Searched {
  readonly sought: readonly Sought[]
  readonly isPlanted: IsPlanted
}

function finish(world: World, collection: Collection, { sought, isPlanted }: Searched): Outcome {
  const report = makeReport(collection, sought, search(collection.exhibits, sought, isPlanted), new Date(world.clock()).toISOString())
  for (const { needles } of sought) for (const needle of needles) needle.fill(0)
  return done(printReport(report), report, hasFindings(report) ? EXIT.failed : EXIT.ok)
}

/** With the vault's secrets when there is a configuration: they stay in this process, and are overwritten when the search is done. */
async function withSought(world: World, options: ScanOptions, work: (searched: Searched) => Promise<Outcome> | Outcome): Promise<Outcome> {
  if (!existsSync(resolve(world.terminal.cwd, options.config))) return await work({ sought: [], isPlanted: () => false })
  return await withVault(world, options.config, async ({ vault }) => {
    const marks = createMarks(vault.deriveKey(PURPOSES.traps), 'honey')
    return await work({ sought: await soughtIn(vault, world), isPlanted: (text) => marks.read(text).length > 0 })
  })
}

/** All versions: a staged one is the key of tomorrow, and a retiring one may still be taken by its provider. */
async function soughtIn(vault: Vault, world: World): Promise<readonly Sought[]> {
  const sought: Sought[] = []
  for (const { name, version, state, needles } of await vault.spellings(world.clock())) {
    if (needles === null)
      world.terminal.err(`note: version ${version} of ${name} does not open (the database was changed), so it was not searched for.\n`)
    else sought.push({ name, version, state, needles })
  }
  return sought
}

function isUrl(target: string): boolean {
  return /^https?:\/\//i.test(target) && URL.canParse(target)
}
