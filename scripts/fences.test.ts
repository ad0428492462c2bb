import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The walls of ARCHITECTURE.md: who may import whom. A line is a folder or file, what it may not import, and why. */
const WALLS: readonly { readonly from: RegExp; readonly never: RegExp; readonly unless?: RegExp; readonly why: string }[] = [
  { from: /^decide\//, never: /^(?!decide\/|@cloakroom\/contract)/, why: 'decide is pure: language and contract alone' },
  { from: /^lib\//, never: /^(?!lib\/|errors\.ts|node:|@peculiar\/x509|reflect-metadata)/, why: 'lib knows no product words' },
  { from: /^door\//, never: /^(?:store|vault|forward|account|session)\//, why: 'a door translates, it decides nothing' },
  {
    from: /^(?!store\/sqlite\/|compose\.ts|serve\.ts|embed\.ts|cli\/|demo\/)/,
    never: /^store\/sqlite\//,
    why: 'a store driver is chosen by whoever composes',
  },
  { from: /^store\/(?:sqlite|memory)/, never: /^(?:session|account|vault|audit|http|door|gateway)/, why: 'a store knows the ports only' },
  {
    from: /^(?:session|forward|site|audit|decide|store|config|door)\//,
    never: /^vault\//,
    unless: /^vault\/outcome\.ts/,
    why: 'only the vault holds keys',
  },
  {
    from: /^http\//,
    never: /^(?:store\/(?!store\.ts|ask\.ts)|forward|door|compose|cli)/,
    why: 'http speaks for the gateway, through its parts',
  },
  { from: /^(?!cli\/|demo\/)/, never: /^(?:cli|demo)\//, why: 'nothing depends on the command line' },
  { from: /^gateway\.ts/, never: /^(?:store|session|account|vault|door|cli)\//, why: 'the spine knows its parts as interfaces' },
]

const src = resolve(import.meta.dirname, '../packages/gateway/src')
const files = globSync('**/*.ts', { cwd: src }).filter((file) => !file.endsWith('.test.ts'))

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(src, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, named = '']) =>
    named.startsWith('.') ? relative(src, resolve(src, dirname(file), named)) : named,
  )
}

describe('the walls of the house', () => {
  test.each(WALLS)('$from: $why', ({ from, never, unless }) => {
    const own = files.filter((file) => from.test(file))
    expect(own.length).toBeGreaterThan(0)
    const breaches = own.flatMap((file) =>
      importsOf(file)
        .filter((named) => never.test(named) && !(unless?.test(named) ?? false))
        .map((named) => `${file} → ${named}`),
    )
    expect(breaches).toEqual([])
  })

  test('process.* belongs to the command line; time and randomness come as arguments', () => {
    const breaches = files.flatMap((file) => {
      const text = readFileSync(join(src, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      const found: string[] = []
      // A key program gets the environment that we run in: its own settings are there.
      const mayReadProcess = file.startsWith('cli/') || file === 'vault/keys/exec.ts'
      if (!mayReadProcess && /\bprocess\.(?:env|argv|exit|stdout|stderr|stdin|cwd|on)\b/.test(text)) found.push(`${file}: process`)
      if (file !== 'lib/clock.ts' && /\bDate\.now\(\)|new Date\(\)/.test(text)) found.push(`${file}: the time`)
      if (/Math\.random\(/.test(text)) found.push(`${file}: randomness`)
      return found
    })
    expect(breaches).toEqual([])
  })

  test('nobody reveals a secret but those who place, search or seal it', () => {
    const revealing = files.filter((file) => /\.reveal\(\)/.test(readFileSync(join(src, file), 'utf8')))
    expect(revealing.filter((file) => !/^(?:vault|forward)\/|^decide\/(?:credential|secret)\.ts$/.test(file))).toEqual([])
  })
})
