import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { buildProgram } from '../packages/gateway/src/cli/program.ts'
import { parseConfig } from '../packages/gateway/src/config/load.ts'
import { readYaml } from '../packages/gateway/src/config/yaml.ts'
import { parseGuard } from '../packages/gateway/src/guard/load.ts'
import { makeMmdb } from '../packages/gateway/test/mmdb.ts'
import { commandLines, fences } from './reference/examples.ts'

const root = resolve(import.meta.dirname, '..')
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('docs/decisions/'))
const read = (page: string): string => readFileSync(resolve(root, page), 'utf8')
const silent = { out: () => undefined, err: () => undefined, width: 100 }

const folder = mkdtempSync(join(tmpdir(), 'cloakroom-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('command lines in the documents', () => {
  const lines = pages.flatMap((page) => commandLines(page, read(page)))

  test('there are many of them', () => {
    expect(lines.length).toBeGreaterThan(200)
  })

  test.each(lines.map(({ place, words, isWhole }) => [place, words.join(' '), words, isWhole] as const))(
    '%s: cloakroom %s',
    async (_, __, words, isWhole) => {
      const program = await buildProgram(silent, () => async () => undefined)
      const thrown = await program.parseAsync([...words], { from: 'user' }).then(
        () => null,
        (cause: unknown) => cause,
      )
      const code = thrown instanceof CommanderError ? thrown.code : thrown
      // A sentence may name a command without all that it takes; what it does say must be right.
      const allowed = isWhole
        ? [null, 'commander.helpDisplayed', 'commander.help', 'commander.version']
        : [
            null,
            'commander.helpDisplayed',
            'commander.help',
            'commander.version',
            'commander.missingArgument',
            'commander.missingMandatoryOptionValue',
          ]
      expect(allowed, thrown instanceof Error ? thrown.message : '').toContain(code)
    },
  )
})

describe('YAML in the documents', () => {
  const blocks = pages.flatMap((page) =>
    fences(read(page))
      .filter(({ language }) => language === 'yaml')
      .map(({ text, line }) => [`${page}:${line}`, page, text] as const),
  )
  const value = (text: string): Record<string, unknown> => {
    const yaml = readYaml(text)
    expect(yaml.kind === 'problems' ? yaml.problems : []).toEqual([])
    return yaml.kind === 'value' ? ((yaml.value ?? {}) as Record<string, unknown>) : {}
  }
  const isOfGuard = (text: string): boolean => /^(?:rules|signals|lists|tests|decoys):/m.test(text)

  test.each(blocks.filter(([, , text]) => !isOfGuard(text)))('%s is a configuration, or a part of one', (_, page, text) => {
    const shown = value(text)
    // An API may be signed for at the provider that its page shows before.
    const oidc = Object.assign({}, ...blocks.filter(([, of]) => of === page).map(([, , part]) => value(part)['oidc'])) as object
    const behind = String(shown['publicUrl']).startsWith('https:') && shown['tls'] === undefined ? { trustedProxies: ['127.0.0.1'] } : {}
    const apis = Object.entries((shown['apis'] ?? { shop: {} }) as Record<string, object>).map(([name, api]) => [
      name,
      { path: `/api/${name}`, upstream: 'https://api.example.com', credential: 'shop-key', allow: ['GET /**'], ...api },
    ])
    const whole = { publicUrl: 'http://localhost:8080', oidc, ...behind, ...shown, apis: Object.fromEntries(apis) as unknown }
    const loaded = parseConfig(whole, { file: null, folder, locate: () => null })
    expect(loaded.kind === 'problems' ? loaded.problems.map(({ key, text }) => `${key}: ${text}`) : []).toEqual([])
  })

  test.each([...new Set(blocks.filter(([, , text]) => isOfGuard(text)).map(([, page]) => page))])(
    'the rules of %s go together into one guard.yaml',
    (page) => {
      mkdirSync(join(folder, 'decoys'), { recursive: true })
      writeFileSync(join(folder, 'denied.txt'), '198.51.100.7\n')
      writeFileSync(join(folder, 'countries.mmdb'), makeMmdb({ '198.51.100.0/24': { country: { iso_code: 'DE' } } }, 'Test-Country'))
      writeFileSync(join(folder, 'decoys/catalogue.json'), '{"items":[{"id":"7d1f3a52-90c4-4b1e-8a67-0f2f6f1f9c11"}]}')
      writeFileSync(
        join(folder, 'shop-api.yaml'),
        'openapi: 3.1.0\ninfo: { title: Shop, version: "1" }\npaths: { /products: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { type: object } } } } } } } }\n',
      )
      const parts = blocks.filter(([, of, text]) => of === page && isOfGuard(text)).map(([, , text]) => value(text))
      const whole: Record<string, unknown> = { version: 1 }
      for (const [key, part] of parts.flatMap((shown) => Object.entries(shown))) {
        const before = whole[key]
        if (before === undefined) whole[key] = part
        else if (Array.isArray(before) && Array.isArray(part)) whole[key] = [...(before as unknown[]), ...(part as unknown[])]
        else if (typeof before === 'object' && typeof part === 'object') whole[key] = { ...before, ...part }
        else whole[key] = part
      }
      const loaded = parseGuard(JSON.stringify(whole), join(folder, 'guard.yaml'), true)
      expect(loaded.kind === 'problems' ? loaded.problems : []).toEqual([])
    },
  )
})

test('README names every document', () => {
  const named = [...read('README.md').matchAll(/\]\((docs\/[^)]+)\)/g)].map(([, path]) => path)
  const own = pages.filter((page) => /^docs\/(?:reference\/)?[^/]+\.md$/.test(page))
  expect(own.filter((page) => !named.includes(page))).toEqual([])
})

test('links between documents lead somewhere', () => {
  const all = new Set(execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n'))
  const isThere = (path: string): boolean => all.has(path) || [...all].some((file) => file.startsWith(`${path}/`))
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, to = '']) => join(page, '..', to).replace(/\/$/, ''))
      .filter((path) => !isThere(path))
      .map((path) => `${page} → ${path}`),
  )
  expect(dead).toEqual([])
})
