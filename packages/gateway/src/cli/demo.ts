import type { Command } from 'commander'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { paint } from './show.ts'
import type { Does, World } from './world.ts'

interface DemoOptions {
  readonly port: string
}

export function addDemo(program: Command, does: Does): void {
  program
    .command('demo')
    .description('Run a website, an API that demands its key, and the gateway between them; leaves nothing behind.')
    .option('--port <port>', 'the port to try first', '8080')
    .action(does((world: World, options: DemoOptions) => demo(world, options)))
}

async function demo(world: World, options: DemoOptions): Promise<Outcome> {
  const port = Number(options.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return failed(EXIT.usage, '--port is not a port.', 'Write a number from 0 to 65535.')
  const { terminal, clock, random } = world
  const stopped = Promise.withResolvers<null>()
  const off = terminal.onStop(() => stopped.resolve(null))
  // Loaded here: no other command needs the proxy's libraries, and each would wait for them.
  const { runDemo } = await import('../demo/run.ts')
  const running = await runDemo({ clock, random, port, onNotice: (text) => terminal.err(`${text}\n`) })
  terminal.node.fitHeapToService()
  const strong = (text: string): string => paint('bold', text, terminal)
  terminal.out(`
${strong('Cloakroom')}: a shop's website, the API that it needs, and the gateway between them

  website    ${strong(`${running.origin}/`)}
  account    ${running.account}
  password   ${running.password}

Three things to try
  1. Sign in, press F12, and look for the API's key: in the network tab, in the storage, in the sources.
  2. Call the API without a session, and round the gateway; both answer 401:
       curl -i ${running.origin}/api/shop/products
       curl -i ${running.api.origin}/v1/products
  3. Let the scan search all that a browser gets to see:
       echo ${running.password} | npx cloakroom scan ${running.origin}/ --account ${running.account} --config ${running.configFile}

Ctrl-C ends it and deletes what it wrote.
`)
  await stopped.promise
  off()
  await running.close()
  return done('Stopped; nothing was left behind.', { stopped: true })
}
