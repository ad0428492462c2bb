import { expect, test } from 'vitest'
import { PageUnavailable } from './open-page.ts'
import { collectPlain } from './plain.ts'

test('a page that nobody serves is no page without findings', async () => {
  await expect(collectPlain(['http://127.0.0.1:1/'])).rejects.toBeInstanceOf(PageUnavailable)
})
