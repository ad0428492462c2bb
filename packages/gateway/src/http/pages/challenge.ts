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
  const { basePath, theme, version, texts } = context
  const { challenge: own } = texts
  return frame(
    context,
    own.title,
    html`<h1>${own.title}</h1>
      <p class="lead">${own.lead(theme.name)}</p>
      <div id="challenge" hidden data-challenge="${JSON.stringify(challenge)}" data-said="${JSON.stringify(own.said)}">
        <progress id="work" max="100" value="0" aria-label="${own.progress}"></progress>
        <p class="hint" id="said" role="status">${own.said.running}</p>
      </div>
      <form id="hand-in" method="post" action="${challenge.clearAt}" hidden>
        <input type="hidden" name="solution" />
        <input type="hidden" name="next" value="${next}" />
      </form>
      <div class="note error" id="failed" role="alert" hidden>
        <p id="why"></p>
        <p>${texts.error.lead(theme.name)} <code>${request}</code>.</p>
      </div>
      <div class="actions" id="again" hidden><a class="button" href="${next}">${own.again}</a></div>
      <noscript>
        <div class="note error">
          <p>${own.noScript(theme.name)} <code>${request}</code>.</p>
        </div>
        <div class="actions">
          <a class="button" href="${next}">${own.reopen}</a>
          <a class="button quiet" href="${basePath}/login">${texts.signIn.title}</a>
        </div>
      </noscript>
      <script src="${basePath}/challenge.js?v=${version}" defer></script>`,
  )
}
