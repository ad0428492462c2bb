import { relative } from 'node:path'
import { publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import type { Answers } from './init-answers.ts'
import type { Written } from './init-files.ts'

/** What `init` says when all is written: what is there now, and what to do next. */
export function nextSteps(answers: Answers, config: Config, { files, trust }: Written, file: string): string {
  const named = file === 'cloakroom.yaml' ? '' : ` --config ${file}`
  const origin = publicOriginOf(config)
  const steps = [
    ...(answers.access === 'login' ? [['cloakroom account add NAME' + named, 'who may sign in']] : []),
    ['cloakroom start' + named, `then open ${origin}`],
    ['cloakroom check' + named, 'after each change of the file'],
  ]
  const width = Math.max(...steps.map(([command = '']) => command.length))
  return [
    'Written:',
    ...files.map((path) => `  ${relative(config.folder, path) || path}`),
    '',
    'Next:',
    ...steps.map(([command = '', why = '']) => `  ${command.padEnd(width)}   ${why}`),
    '',
    ...(trust.length === 0
      ? []
      : ['To make browsers trust the development certificate:', ...trust.map(({ where, trust: how }) => `  ${where}\n      ${how}`), '']),
    `In the website, call ${answers.path}/… instead of ${answers.upstream.replace(/\/$/, '')}/…, without the secret.`,
  ].join('\n')
}
