/**
 * Prints the size of the package in a browser or worker: `node packages/jwt-check/page/measure.ts`. Exit code 1 when the core
 * outgrows its budget of 30 kB gzip. The word list for guessing is a file of its own, loaded when it is needed.
 */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const budget = 30_000

/** Sizes in bytes of the bundled entry and of what it loads later. */
export async function measure(entry: string): Promise<{ readonly core: number; readonly coreGzip: number; readonly lazyGzip: number }> {
  const bundle = await rolldown({ input: join(import.meta.dirname, '../src', entry), platform: 'neutral', external: /^node:/ })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  const chunks = output.flatMap((file) => (file.type === 'chunk' ? [file] : []))
  const eager = new Set<string>()
  const follow = (name: string): void => {
    const chunk = chunks.find(({ fileName }) => fileName === name)
    if (chunk === undefined || eager.has(name)) return
    eager.add(name)
    for (const imported of chunk.imports) follow(imported)
  }
  for (const { fileName, isEntry } of chunks) if (isEntry) follow(fileName)
  const gzip = (wanted: boolean): number =>
    chunks.filter(({ fileName }) => eager.has(fileName) === wanted).reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0)
  return {
    core: chunks.filter(({ fileName }) => eager.has(fileName)).reduce((sum, { code }) => sum + code.length, 0),
    coreGzip: gzip(true),
    lazyGzip: gzip(false),
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const entry of ['index.ts', 'probe.ts', 'kit.ts']) {
    const { core, coreGzip, lazyGzip } = await measure(entry)
    process.stdout.write(`${entry}: ${core} bytes, ${coreGzip} gzip; loaded when needed: ${lazyGzip} gzip\n`)
  }
  if ((await measure('index.ts')).coreGzip > budget) process.exitCode = 1
}
