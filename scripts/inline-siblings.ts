import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/**
 * Makes packages/gateway/dist stand on its own before it is packed: every `@cloakroom/NAME` that it imports is copied to
 * dist/siblings/NAME and imported from there, so that the tarball runs in an empty folder. Running it twice changes nothing; `--undo` builds
 * what it changed again.
 */
const gateway = resolve(import.meta.dirname, '../packages/gateway')
const dist = join(gateway, 'dist')
const inlined = new Set<string>()

if (process.argv.includes('--undo')) {
  // The compiler takes `dist` for its own work: for the tests it must be what it wrote.
  rmSync(join(dist, 'siblings'), { recursive: true, force: true })
  execFileSync('npx', ['tsc', '-b', '--force', 'tsconfig.build.json'], { cwd: resolve(gateway, '../..'), stdio: 'inherit' })
  process.exit()
}

for (let pending = rewriteAll(); pending.length > 0; pending = rewriteAll()) {
  for (const name of pending) inline(name)
}
for (const file of ['LICENSE', 'README.md']) cpSync(resolve(gateway, '../..', file), join(gateway, file))

/** Rewrites imports in all built files; returns the siblings that are named and not copied yet. */
function rewriteAll(): string[] {
  const wanted = new Set<string>()
  for (const file of globSync('**/*.{js,d.ts}', { cwd: dist })) {
    const path = join(dist, file)
    const before = readFileSync(path, 'utf8')
    const after = before.replaceAll(
      /(['"])@cloakroom\/([a-z-]+)(?:\/([a-z-]+))?\1/g,
      (_whole, quote: string, name: string, entry?: string) => {
        if (!inlined.has(name)) wanted.add(name)
        const target = relative(dirname(path), join(dist, 'siblings', name, fileOf(name, entry)))
        return `${quote}${target.startsWith('.') ? target : `./${target}`}${quote}`
      },
    )
    // The compiler leaves `.ts` in declarations, where another program's compiler finds no such file.
    const finished = file.endsWith('.d.ts') ? after.replaceAll(/(from '\.{1,2}\/[^']+)\.ts'/g, "$1.js'") : after
    if (finished !== before) writeFileSync(path, finished)
  }
  return [...wanted]
}

/** Where an entry of a sibling lies in its `dist`, as its own package.json says. */
function fileOf(name: string, entry: string | undefined): string {
  const { exports } = JSON.parse(readFileSync(resolve(gateway, '..', name, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>
  }
  const found = exports[entry === undefined ? '.' : `./${entry}`]?.default
  if (found === undefined) throw new Error(`@cloakroom/${name} has no entry ${entry ?? '.'}`)
  return found.replace('./dist/', '')
}

function inline(name: string): void {
  const source = resolve(gateway, '..', name, 'dist')
  if (!existsSync(source)) throw new Error(`${name} is not built: run npm run build first`)
  const target = join(dist, 'siblings', name)
  rmSync(target, { recursive: true, force: true })
  cpSync(source, target, { recursive: true, filter: (path) => !/\.(?:map|tsbuildinfo)$/.test(path) })
  inlined.add(name)
}
