import { expect, it } from 'vitest'
import { measure } from '../page/measure.ts'

it('the core stays under 30 kB gzip, and the word list outside of it', async () => {
  const { coreGzip, lazyGzip } = await measure('index.ts')
  process.stdout.write(`size: core ${coreGzip} bytes gzip, guessing ${lazyGzip} bytes gzip\n`)
  expect(coreGzip).toBeLessThan(30_000)
  expect(lazyGzip).toBeGreaterThan(5000)
})
