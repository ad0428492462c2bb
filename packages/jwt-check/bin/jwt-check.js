#!/usr/bin/env node
import { main } from '../dist/cli.js'

// A reader that went away (`| head`) is no failure of the command.
process.stdout.on('error', (cause) => {
  if (cause.code !== 'EPIPE') throw cause
})
process.exitCode = await main(process.argv.slice(2))
