import type { ChallengeView } from '@cloakroom/contract'
import { html } from 'hono/html'
import { frame, type PageContext } from './frame.ts'

export interface ChallengeText {
  readonly challenge: ChallengeView
  /** A path of this origin. */
  readonly next: string
  readonly request: string
}

/** The browser proves that it is one; the person waits a moment. No puzzle, no picture, no third party. */
export function challengePage(context: PageContext, { challenge, next, request }: ChallengeText): Promise<string> {
  const { basePath, theme, version } = context
  return frame(
    context,
    'One moment',
    html`<h1>One moment</h1>
      <p class="lead">
        ${theme.name} checks that a browser is asking, not a script. Your browser does it by itself, in a few seconds: there is nothing for
        you to do.
      </p>
      <div id="challenge" hidden data-challenge="${JSON.stringify(challenge)}">
        <progress id="work" max="100" value="0" aria-label="How far the check is"></progress>
        <p class="hint" id="said" role="status">The check is running.</p>
      </div>
      <form id="hand-in" method="post" action="${challenge.clearAt}" hidden>
        <input type="hidden" name="solution" />
        <input type="hidden" name="next" value="${next}" />
      </form>
      <div class="note error" id="failed" role="alert" hidden>
        <p id="why"></p>
        <p>If this goes on, tell the people who run ${theme.name}, and quote <code>${request}</code>.</p>
      </div>
      <div class="actions" id="again" hidden><a class="button" href="${next}">Try again</a></div>
      <noscript>
        <div class="note error">
          <p>
            The check needs JavaScript, and this browser has it turned off. Allow it for this website, then open the page again. If you
            cannot: tell the people who run ${theme.name}, and quote <code>${request}</code>; they can let you in without it.
          </p>
        </div>
        <div class="actions">
          <a class="button" href="${next}">Open the page again</a>
          <a class="button quiet" href="${basePath}/login">Sign in</a>
        </div>
      </noscript>
      <script src="${basePath}/challenge.js?v=${version}" defer></script>`,
  )
}
