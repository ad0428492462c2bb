/** What the verifier did with one JWT. `broken`: an internal error; `silent`: no answer in time; `unsendable`: the way of sending cannot carry it. */
export type Outcome = 'accepted' | 'refused' | 'broken' | 'silent' | 'unsendable'

export type Answer = { readonly outcome: Outcome; readonly status: number; readonly body: string; readonly milliseconds: number }

/** A verifier under test, behind one call. */
export type Target = {
  readonly name: string
  readonly scheme: 'Bearer' | 'DPoP' | 'other'
  send(jwt: string): Promise<Answer>
}

/**
 * A verifier as a function. It refuses by throwing, rejecting, or answering `false`, `null` or `undefined`; anything else means accepted.
 */
export type VerifierCallback = (jwt: string) => unknown

/** Wraps a callback. A callback that computes without a pause cannot be interrupted; one that waits is given up after the timeout. */
export function callbackTarget(verify: VerifierCallback, timeoutMs: number): Target {
  return {
    name: 'callback',
    scheme: 'Bearer',
    send: async (jwt) => {
      const start = performance.now()
      const { outcome, body } = await settled(verify, jwt, timeoutMs)
      return { outcome, status: outcome === 'accepted' ? 200 : 401, body, milliseconds: performance.now() - start }
    },
  }
}

async function settled(verify: VerifierCallback, jwt: string, timeoutMs: number): Promise<Pick<Answer, 'outcome' | 'body'>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs)
  })
  try {
    const value = await Promise.race([Promise.resolve().then(() => verify(jwt)), late])
    if (value === 'late') return { outcome: 'silent', body: '' }
    return { outcome: value === false || value === null || value === undefined ? 'refused' : 'accepted', body: '' }
  } catch (error) {
    // A stack overflow or an exhausted memory is no verdict: the forged JWT broke the verifier.
    return { outcome: error instanceof RangeError ? 'broken' : 'refused', body: '' }
  } finally {
    clearTimeout(timer)
  }
}
