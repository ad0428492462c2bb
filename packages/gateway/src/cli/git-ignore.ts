import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'

/** In a git work tree, keeps the key and the data out of it. Answers the files that it changed; `undo` learns how to change them back. */
export function ignoreInGit(folder: string, paths: readonly string[], undo: (() => void)[]): readonly string[] {
  if (!isInWorkTree(folder)) return []
  const file = join(folder, '.gitignore')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null
  const known = new Set((before ?? '').split(/\r?\n/).map((line) => line.trim().replace(/^\//, '').replace(/\/$/, '')))
  const wanted = paths
    .map((path) => relative(folder, resolve(folder, path)).replaceAll('\\', '/'))
    .filter((path) => path !== '' && !path.startsWith('..') && !isAbsolute(path) && !known.has(path))
  if (wanted.length === 0) return []
  const start = before === null || before === '' || before.endsWith('\n') ? (before ?? '') : `${before}\n`
  undo.push(() => (before === null ? rmSync(file, { force: true }) : writeFileSync(file, before)))
  writeFileSync(file, `${start}${wanted.map((path) => `/${path}\n`).join('')}`)
  return [file]
}

function isInWorkTree(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true
  const above = dirname(folder)
  return above !== folder && isInWorkTree(above)
}
