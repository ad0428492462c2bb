import { ENDPOINTS } from '../../packages/gateway/src/http/endpoint-table.ts'

/** docs/reference/endpoints.md: the gateway's own endpoints, from their table. */
export function endpointsPage(): string {
  const rows = ENDPOINTS.map(
    ({ method, path, whole, callers, about }) =>
      `| ${method} | \`${whole === true ? path : `/auth${path}`}\` | ${CALLERS[callers]} | ${about} |`,
  )
  return `<!-- Made by scripts/generate-reference.ts from packages/gateway/src/http/endpoints.ts. -->

# The gateway's own endpoints

They are below \`basePath\`, \`/auth\` by default, but for those that a standard puts elsewhere. GET takes HEAD, too. Whoever asks for anything else there gets 404, or 405 with \`Allow\`.

| Method | Path | Who may call | What it does |
|---|---|---|---|
${rows.join('\n')}

"The website's own pages" means: the browser says so in \`Sec-Fetch-Site\` or \`Origin\`; another program that sends neither adds \`X-CSRF: 1\` to a POST. An origin in \`allowedOrigins\` may call the APIs, not these.

No answer may be stored but the style sheet, the script and the logo. A refusal carries \`Cloakroom-Error\`; what the codes mean is in [errors.md](errors.md).

On the admin listener, \`127.0.0.1:9090\` by default and never on the public port: \`GET /healthz\` (200 \`ok\`, or 503 with what is broken) and \`GET /metrics\` ([metrics.md](metrics.md)). Below \`/admin\` is the Admin API: [admin.md](../admin.md), [admin-api.json](admin-api.json).
`
}

const CALLERS = { anyone: 'anyone', 'own-pages': 'the website’s own pages' } as const
