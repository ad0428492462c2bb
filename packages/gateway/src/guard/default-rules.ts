/** The rules that come with the gateway. They count what no honest page does: see docs/guard.md for each number. */
export const DEFAULT_RULES = `
version: 1
defaults: false
signals:
  # Different accounts on which somebody failed, by provider's network: one attacker has many /64 of IPv6.
  default_failed_logins:
    on: event
    when: event.type == "login.failed"
    key: ip.site
    distinct: { of: event.account, max: 20, per: 1h }
  # Different paths that are not there, or not for him. A page polls few of them again and again; a scanner tries thousands.
  default_probing:
    on: response
    when: response.status in [403, 404] && route.kind != "own"
    key: actor
    leaky: { capacity: 100, leak: 1/6s, distinct: request.path }
    blackhole: 5m
  # A loop that went wild: a busy page stays below a tenth of it.
  default_calls:
    on: request
    when: route.kind == "api"
    key: actor
    gcra: { max: 1200, per: 60s, burst: 600 }
rules:
  - id: default-login
    when: route.id == "login" && request.method == "POST" && signal.default_failed_logins.over
    then: { throttle: { retry_after: 10m } }
  - id: default-probing
    when: signal.default_probing.over
    then: { block: 403 }
    store_down: local
  - id: default-calls
    when: route.kind == "api" && signal.default_calls.over
    then: { throttle: auto }
    store_down: local
`
