import { expect, test } from 'vitest'
import { checkSlashes } from './check-slashes.ts'
import { parseConfig } from './load.ts'

test('check says of each line that takes an encoded slash what passes, and what the API must not do', () => {
  const loaded = parseConfig(
    {
      apis: {
        shop: {
          path: '/api/shop',
          upstream: 'https://api.example.com',
          allow: ['GET /products/**', 'GET /packages/*%2F*'],
        },
      },
    },
    { file: '/site/cloakroom.yaml', folder: '/site', locate: () => null },
  )
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  const [said, ...more] = checkSlashes(loaded.config, loaded.locate)
  expect(more).toEqual([])
  expect(said).toMatchObject({ code: 'allow_slash', severity: 'warning', key: 'apis.shop.allow[1]' })
  expect(said?.text).toContain('GET /packages/*%2F* takes one encoded slash')
  expect(said?.fix).toContain('decodes before it routes')
})
