import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const conditions = ['source', 'module', 'node', 'development|production']
const report = process.env['VITEST_JSON']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    // Half of the time a test waits for a process or a browser: also on two cores two files at once.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The commands that tests start are compiled once, not each time anew: half of the time of each.
    env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, 'node_modules/.cache/compiled') },
    testTimeout: 90_000,
    hookTimeout: 180_000,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
})
