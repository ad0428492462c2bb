import { chromium, type Browser } from 'playwright-core'
import { findBrowser } from '../../src/scan/find-browser.ts'

/** The real browser for tests. Missing, it skips them with a line that says how to get it; in CI it fails them. */
export const executable = findBrowser(process.env['CHROMIUM'])

if (executable === null) {
  const how = 'Chromium is not installed; the browser tests need it (Debian: apt-get install chromium; elsewhere set CHROMIUM to its path).'
  if (process.env['CI'] === 'true') throw new Error(how)
  console.log(how)
}

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  if (executable === null) throw new Error('no Chromium')
  return chromium.launch({
    executablePath: executable,
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
}
