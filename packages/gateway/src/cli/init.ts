import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { parseConfig } from '../config/load.ts'
import type { ConfigProblem } from '../config/problem.ts'
import { readYaml } from '../config/yaml.ts'
import { askHidden } from './ask.ts'
import { gatherAnswers, type Answers } from './init-answers.ts'
import { refuseOccupied, writeAll } from './init-files.ts'
import { nextSteps } from './init-next.ts'
import { renderConfig } from './init-config.ts'
import type { InitOptions } from './init-wishes.ts'
import { configProblems } from './open.ts'
import { collect, withCommonOptions } from './options.ts'
import { done, type Outcome } from './outcome.ts'
import { PLACEMENTS } from './secret-add.ts'
import { showPassphrase } from './show-passphrase.ts'
import type { Does, World } from './world.ts'

export function addInit(program: Command, does: Does): void {
  withCommonOptions(program.command('init'))
    .description('Make a configuration, a vault with its key, and seal the first secret. Asks where it has a terminal.')
    .option('--api <name>', 'a name for the API, as in shop')
    .option('--path <path>', 'where the website calls it, as in /api/shop')
    .option('--upstream <url>', 'where the API is, as in https://api.example.com/v1')
    .option('--place <how>', `${PLACEMENTS}; none when the API needs no secret`)
    .option('--credential <name>', 'the secret’s name in the vault (default: the API’s name and -key)')
    .option('--secret-file <file>', 'read the secret from a file instead of the prompt or standard input')
    .option('--allow <line>', 'method and path that may pass, as in "GET /**"; may be given several times', collect)
    .option('--access <who>', 'who may call: public, visitor or login')
    .option('--site <folder-or-url>', 'the website: a folder, or the URL of a dev server')
    .option('--public-url <url>', 'the origin that browsers use (default: http://localhost:8080)')
    .option('--https', 'make a certificate for development, and answer https://localhost:8080')
    .option('-y, --yes', 'ask nothing: take the flags, and defaults for the rest')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom init
  cloakroom init --api shop --path /api/shop --upstream https://api.example.com/v1 --place bearer \\
    --allow 'GET /**' --site ./public --yes < secret.txt

The secret is typed at a hidden prompt, piped in, or read from --secret-file; it is never an argument.
It refuses to overwrite anything, and leaves nothing behind when it does not come to its end.`,
    )
    .action(does((world: World, options: InitOptions) => init(world, options)))
}

async function init(world: World, options: InitOptions): Promise<Outcome> {
  const gathered = await gatherAnswers(world, options)
  if (gathered.kind === 'none') return gathered.outcome
  const answers = gathered.value
  const file = resolve(world.terminal.cwd, options.config)
  const text = renderConfig(answers)
  // What is written is read again with the eyes of `start`: a flag that makes an unsafe file makes no file.
  const yaml = readYaml(text)
  const loaded = yaml.kind === 'problems' ? yaml : parseConfig(yaml.value, { file, folder: dirname(file), locate: yaml.locate })
  if (loaded.kind === 'problems') return withoutPlaces(loaded.problems, options.config)
  const inTheWay = refuseOccupied(loaded.config)
  if (inTheWay !== null) return inTheWay
  const asked =
    answers.secret === null ? null : await askHidden(world.terminal, `The secret that ${hostOf(answers)} wants`, options.secretFile ?? null)
  if (asked?.kind === 'none') return asked.outcome
  const written = await writeAll(world, loaded.config, text, answers, asked?.value ?? null)
  if (written.kind === 'none') return written.outcome
  const { phrase, files, notes } = written.value
  showPassphrase(world.terminal, phrase)
  for (const note of notes) world.terminal.err(`note: ${note}\n`)
  const value = { files, api: answers.api, credential: answers.secret?.name ?? null }
  return done(nextSteps(answers, loaded.config, written.value, options.config), value)
}

function hostOf({ upstream }: Answers): string {
  return new URL(upstream).host
}

/** The file was never written: its lines say nothing to whoever gave the flags. */
function withoutPlaces(problems: readonly ConfigProblem[], file: string): Outcome {
  const outcome = configProblems(
    problems.map((problem) => ({ ...problem, line: null, column: null })),
    file,
  )
  if (outcome.kind !== 'failed') return outcome
  return {
    ...outcome,
    problem: 'These answers make no usable configuration.',
    fix: 'Nothing was written. Change the answers above and run this again.',
  }
}
