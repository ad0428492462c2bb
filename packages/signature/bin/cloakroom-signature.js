#!/usr/bin/env node
import { run } from '../dist/cli.js'

// A reader that went away (`| head`) is no failure of the command.
process.stdout.on('error', (cause) => {
  if (cause.code !== 'EPIPE') throw cause
})
process.exitCode = await run(process.argv.slice(2))
