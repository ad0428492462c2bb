import type { Page } from 'playwright-core'

/** A page that the browser could not open: the address is wrong, or nobody answers there. */
export class PageUnavailable extends Error {
  readonly url: string
  readonly reason: string

  constructor(url: string, cause: unknown) {
    const said = cause instanceof Error ? cause.message : ''
    const reason = /net::(ERR_\w+)/.exec(said)?.[1] ?? said.split('\n', 1)[0] ?? ''
    super(`${url}: ${reason}`, { cause })
    this.url = url
    this.reason = reason
  }
}

/** The page for signing in did not let the account in: what follows would be the scan of a stranger. */
export class SignInFailed extends Error {}

export async function openPage(page: Page, url: string): Promise<void> {
  try {
    await page.goto(url, { waitUntil: 'load' })
  } catch (cause) {
    throw new PageUnavailable(url, cause)
  }
}
