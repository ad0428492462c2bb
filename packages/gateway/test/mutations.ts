/** A defence taken out, and the attack test that must notice. */
export interface Mutation {
  /** Below packages/gateway/src. */
  readonly file: string
  /** Stands there exactly once. */
  readonly find: string
  readonly put: string
  /** Below packages/gateway/test/attacks, without `.test.ts`. */
  readonly test: string
  /** Where two lines of defence stand one behind the other: file, text and replacement of the other one. */
  readonly also?: readonly (readonly [file: string, find: string, put: string])[]
}

const m = (test: string, file: string, find: string, put: string): Mutation => ({ test, file, find, put })

/** Attacks whose defence is that something is not there. */
export const NOTHING_TO_TAKE_OUT: Readonly<Record<string, string>> = {
  'answer-stored-and-served-again': 'the gateway has no cache; what must not be added cannot be taken out',
}

/** At least one for each file in test/attacks; `npm run mutate` says which are missing, and runs them. */
export const MUTATIONS: readonly Mutation[] = [
  m(
    'account-enumeration-by-answer',
    'account/password.ts',
    'const against = known ?? dummy',
    'if (known === null) return { holds: false, isOutdated: false }\n          const against = known',
  ),
  m(
    'account-enumeration-by-answer',
    'account/login.ts',
    'target: account?.name ?? null',
    "target: account?.name ?? cause.address ?? 'typed'",
  ),
  m(
    'answer-mixed-between-visitors',
    'forward/round-trip.ts',
    '  #kept: Uint8Array[] = []\n',
    "  #kept = ((globalThis as Record<string, unknown>)['kept'] ??= []) as Uint8Array[]\n",
  ),
  m(
    'answers-mixed-between-a-thousand-visitors',
    'door/node.ts',
    'if (connection.pending > 1) connection.waiting.push(() => begin(read, request, response))\n    else begin',
    'begin',
  ),
  m('audit-trail-flooded', 'audit/folding.ts', 'if (window.written < window.budget) {', 'if (window.written < 1e9) {'),
  m('audit-trail-flooded', 'audit/folding.ts', ' || actor.account !== null', ''),
  m(
    'audit-trail-rewritten',
    'audit/chain-key.ts',
    '=> verify(null, Buffer.from(text), key',
    '=> signature.length > 0 || verify(null, Buffer.from(text), key',
  ),
  m(
    'one-time-code-guessed-or-replayed',
    'account/factors.ts',
    'if (!(await spend(factor.id, step, at))) return false',
    'await spend(factor.id, step, at)',
  ),
  m(
    'one-time-code-guessed-or-replayed',
    'account/factors.ts',
    'if (retryAfterMs !== null) return',
    'if (false && retryAfterMs !== null) return',
  ),
  m('one-time-code-guessed-or-replayed', 'account/factors.ts', 'own !== account || factor !== id || seed', 'seed'),
  m('one-time-code-guessed-or-replayed', 'account/recovery-codes.ts', '\\0${account}\\0${plain}', '\\0${plain}'),
  m(
    'passkey-ceremony-forged',
    'account/passkeys.ts',
    "return (await ask(() => nonces.spend('passkey', challenge, at + CEREMONY_MS))) ? challenge : null",
    'return challenge',
  ),
  m('passkey-ceremony-forged', 'account/passkeys.ts', 'own !== kind || whose', 'whose'),
  m('passkey-ceremony-forged', 'account/passkeys.ts', "requireUserVerification: kind === 'sign-in'", 'requireUserVerification: false'),
  m('passkey-ceremony-forged', 'account/passkeys.ts', 'userHandle === undefined ? owner === null : userHandle !== factor.account', 'false'),
  m(
    'passkey-ceremony-forged',
    'account/passkeys.ts',
    "newCounter <= stored.counter ? 'counter' : { newCounter }",
    "newCounter < 0 ? 'counter' : { newCounter }",
  ),
  m('passkey-ceremony-forged', 'account/passkeys.ts', 'if (credentialDeviceType !== stored.deviceType) return null', ''),
  m(
    'passkey-ceremony-forged',
    'account/passkey-content.ts',
    "client['crossOrigin'] === true || client['topOrigin'] !== undefined",
    'false',
  ),
  m('authenticated-answer-cached', 'forward/own-fields.ts', "if (route.api.access.kind !== 'public') return 'no-store'", ''),
  m(
    'authenticated-answer-cached',
    'http/say.ts',
    "    ['cache-control', 'no-store'],\n    ...apiHeaders(),\n    ...cookieLines(cookies),",
    '    ...apiHeaders(),\n    ...cookieLines(cookies),',
  ),
  m('call-from-another-site', 'decide/origin.ts', "if (site.kind === 'many' || origin.kind === 'many') return 'foreign'", ''),
  m(
    'call-from-another-site',
    'decide/origin.ts',
    "    case 'foreign':\n      return 'cross_site'",
    "    case 'foreign':\n      return null",
  ),
  {
    ...m(
      'ciphertext-moved-to-another-record',
      'vault/credentials.ts',
      'if (row === undefined || digestOf(row.sealed) !== entry.digest) return null',
      'if (row === undefined) return null',
    ),
    also: [
      ['vault/seal.ts', 'JSON.stringify([PREFIX, binding.kind, generation, binding.vaultId, binding.name, binding.version])', 'PREFIX'],
    ],
  },
  m(
    'client-credential-smuggled-upstream',
    'decide/outbound.ts',
    'return !NEVER_CARRIED.test(folded) && !CREDENTIAL_LIKE.test(folded)',
    'return !NEVER_CARRIED.test(folded)',
  ),
  m('cookie-tossed', 'decide/cookies.ts', "if (value !== null) return { kind: 'many' }", ''),
  m('cookies-malformed', 'decide/cookies.ts', "return text[at] === ' ' || text[at] === '\\t'", "return (text[at] ?? 'x').trim() === ''"),
  m(
    'crafted-cookie',
    'session/identifier.ts',
    "return COOKIE_VALUE.test(cookieValue) ? hash('sha256', cookieValue, 'base64url') : null",
    "return hash('sha256', JSON.parse(cookieValue) as string, 'base64url')",
  ),
  m(
    'credential-sent-to-another-origin',
    'forward/pass-through.ts',
    'if (!credential.origins.includes(bare.origin)) throw',
    'if (credential.origins.length === 0) throw',
  ),
  m('credential-sent-to-another-origin', 'forward/forward.ts', 'if (request.origin !== api.upstreamOrigin)', "if (request.origin === '')"),
  m(
    'cross-site-login-and-logout',
    'http/endpoints.ts',
    "(endpoint.callers === 'own-pages' ? await refuseCaller(call) : null)",
    '(null as Answer | null)',
  ),
  m(
    'dns-answer-turned-inside',
    'forward/guarded-lookup.ts',
    'if (!anywhere && addresses.some(({ address }) => leadsInside(address))) {',
    'if (!anywhere && leadsInside(first.address)) {',
  ),
  m(
    'encoded-slash-past-the-line',
    'decide/head.ts',
    "if (!isPlainDecoded(path)) return refused('a dot segment or an empty segment behind an encoded slash')",
    '',
  ),
  m(
    'encoded-slash-past-the-line',
    'decide/route.ts',
    "if (wanted === '**') return !rest.includes('%2F') || segments.slice(at).every((found) => !found.includes('%2F'))",
    "if (wanted === '**') return true",
  ),
  m('expect-before-policy', 'door/server.ts', "  server.on('checkContinue', door)\n", ''),
  m(
    'fail-open-when-a-part-breaks',
    'guarded-parts.ts',
    "checked(bounded('counters', counters.add(hits, at)), (counts) => areCounts(counts, hits), 'counters')",
    'counters.add(hits, at)',
  ),
  m(
    'fail-open-when-the-store-breaks',
    'store/sqlite/open.ts',
    'sessions: shielded(sqliteSessions(hot), hot.watch),',
    'sessions: sqliteSessions(hot),',
  ),
  m(
    'fail-open-when-the-system-refuses',
    'store/sqlite/open.ts',
    'counters: shielded(sqliteCounters(hot), hot.watch),',
    'counters: { ...shielded(sqliteCounters(hot), hot.watch), add: (hits) => hits.map(({ key }) => ({ key, over: false, retryAfterMs: 0 })) },',
  ),
  m(
    'forwarded-address-spoofed',
    'decide/client.ts',
    'if (trusted.length === 0 || !contains(trusted, own))',
    'if (trusted.length > 0 && !contains(trusted, own))',
  ),
  m('forwarded-address-spoofed', 'decide/client.ts', '    if (!contains(trusted, hop)) break\n', ''),
  m(
    'gateway-field-forged',
    'decide/outbound.ts',
    'if (!(CARRIED.has(name) || isWanted(name, api.carry)) || named?.includes(name)) continue',
    'if (named?.includes(name)) continue',
  ),
  m('header-fields-tampered', 'decide/outbound.ts', ' || named?.includes(name)) continue', ') continue'),
  m(
    'header-split-by-value',
    'decide/scrub.ts',
    'if (!isFieldName(name) || !isOpaqueValue(value) || named.includes(name)) continue',
    'if (named.includes(name)) continue',
  ),
  m('http11probe', 'decide/framing.ts', "if (host !== null) return 'bad_request'", ''),
  m(
    'http2-spoken-uninvited',
    'decide/framing.ts',
    "if (version !== '1.1' && version !== '1.0') return version === '0.9' ? 'bad_request' : 'version_refused'",
    '',
  ),
  m('key-file-readable-by-others', 'vault/keys/file.ts', '    await refuseExposed(file, path)\n', ''),
  m('log-line-injected', 'audit/plain-text.ts', "text.replaceAll(/[\\p{Cc}\\p{Cf}\\p{Cs}\\u2028\\u2029]/gu, '\\uFFFD')", 'text'),
  m(
    'login-by-query-string',
    'http/login-api.ts',
    "const [name, password] = [read.fields.get('account'), read.fields.get('password')]",
    "const query = new URLSearchParams(head.query)\n  const [name, password] = [read.fields.get('account') ?? query.get('account') ?? undefined, read.fields.get('password') ?? query.get('password') ?? undefined]",
  ),
  m('login-storm', 'account/password.ts', 'const WAITING = 64', 'const WAITING = 6400'),
  m(
    'machine-key-in-a-browser',
    'decide/machine-key.ts',
    "name.startsWith('sec-fetch-') || name === 'origin' || name === 'referer' || name === 'cookie'",
    "name === 'referer'",
  ),
  m(
    'old-version-replayed-into-the-store',
    'vault/credentials.ts',
    'if (row === undefined || digestOf(row.sealed) !== entry.digest) return null',
    'if (row === undefined) return null',
  ),
  m(
    'old-version-replayed-into-the-store',
    'vault/snapshot.ts',
    'if (previous !== null && ledger.counter <= previous.ledger.counter) {',
    'if (previous !== null && ledger.counter < 0) {',
  ),
  m('one-time-code-guessed-or-replayed', 'account/factors.ts', 'if (!(await spend(factor.id, step, at))) return false', ''),
  {
    ...m(
      'open-redirect-after-login',
      'decide/next.ts',
      'if (!/^\\/(?![/\\\\])[\\x21-\\x7e]*$/.test(wanted)) return HOME',
      "if (!wanted.startsWith('/')) return HOME",
    ),
    also: [['decide/next.ts', "if (target.kind === 'refused') return HOME", "if (target.kind === 'refused') return wanted"]],
  },
  m('open-redirect-corpus', 'decide/next.ts', "if (target.kind === 'refused') return HOME", "if (target.kind === 'refused') return wanted"),
  m('origin-changed-in-the-database', 'vault/opener.ts', 'if (!record.origins.includes(origin)) {', 'if (record.origins.length === 0) {'),
  m('passphrase-file-served-by-site', 'site/locate.ts', ' || isForbidden(path, stat, forbidden)', ''),
  m(
    'password-guessing-throttled',
    'decide/login-throttle.ts',
    "...(customer === null ? [] : ladder(CUSTOMER_RUNGS, 'login-customer', who, customer)),",
    '',
  ),
  m('password-guessing-throttled', 'account/authenticate.ts', ' || wasLocked ? 0', ' ? 0'),
  m(
    'password-guessing-throttled',
    'decide/login.ts',
    'return failures >= LOCK_FOR_GOOD_AFTER || at < passwordLockedAt + LOCK_MS',
    'return at < passwordLockedAt + LOCK_MS',
  ),
  m('path-confusion', 'decide/head.ts', "if (/\\/\\.{1,2}(?:\\/|$)/.test(path)) return refused('a dot segment')", ''),
  m(
    'path-seen-is-path-sent',
    'decide/head.ts',
    "if (/%(?:5C|25|3B)/.test(path)) return refused('an encoded backslash, semicolon or percent sign')",
    '',
  ),
  m(
    'path-seen-is-path-sent',
    'decide/head.ts',
    "if (!isPlainDecoded(path)) return refused('a dot segment or an empty segment behind an encoded slash')",
    '',
  ),
  m(
    'pipeline-fills-memory',
    'door/node.ts',
    'if (connection.pending + connection.ignored > MOST_AHEAD) {',
    'if (connection.pending > 1e9) {',
  ),
  m(
    'pipelined-requests',
    'door/node.ts',
    'if (connection.pending > 1) connection.waiting.push(() => begin(read, request, response))\n    else begin',
    'begin',
  ),
  m(
    'redirect-followed-with-credential',
    'decide/scrub.ts',
    'if (absolute.origin !== api.upstreamOrigin) return api.linksTo.includes(absolute.origin) ? absolute.origin + absolute.rest : null',
    'if (absolute.origin !== api.upstreamOrigin) return absolute.origin + absolute.rest',
  ),
  m('request-framing', 'decide/framing.ts', "if (length !== null || version === '1.0') return 'bad_request'", ''),
  m('request-framing', 'decide/framing.ts', "if (hasBody && BODILESS.includes(method)) return 'bad_request'", ''),
  m(
    'request-loop',
    'decide/outbound.ts',
    "return via !== null && via.split(',').some((hop) => hop.trim().split(/[ \\t]+/)[1] === name)",
    'return via === name',
  ),
  m(
    'request-past-the-gateway',
    'forward/signed.ts',
    "coverAlso: credential?.placement.kind === 'header' ? [credential.placement.name] : [],",
    'coverAlso: [],',
  ),
  m('request-read-differently-by-nginx', 'decide/framing.ts', "if (length !== null || !LENGTH.test(value)) return 'bad_request'", ''),
  m('request-target-confusion', 'decide/head.ts', "if (path.includes('//')) return refused('an empty segment')", ''),
  m('script-in-own-pages', 'http/pages/sign-in.ts', 'value="${account}"', 'value="${raw(account)}"'),
  m(
    'sealed-value-opened-for-another-purpose',
    'session/sealed.ts',
    'Buffer.from(`cloakroom sealed value ${VERSION} ${purpose}`)',
    'Buffer.from(`cloakroom sealed value ${VERSION}`)',
  ),
  m(
    'sealed-value-opened-for-another-purpose',
    'session/sealed.ts',
    'if (plain !== null) return at < plain.readUIntBE(0, END_BYTES) ?',
    'if (plain !== null) return at >= 0 ?',
  ),
  m('secret-echoed-across-chunk-border', 'forward/leaks.ts', 'const tail = searcher.tail(bytes)', 'const tail = bytes.length'),
  m(
    'secret-echoed-encoded',
    'decide/needles.ts',
    'if (escape !== undefined && (touching & (1 << at)) !== 0) keep',
    'if (escape === undefined) keep',
  ),
  m(
    'secret-echoed-encoded',
    'forward/content.ts',
    'const BOTH: readonly Reading[] = [REFERENCES, QUOTED_PRINTABLE]',
    'const BOTH: readonly Reading[] = [REFERENCES]',
  ),
  m(
    'secret-echoed-in-unsaid-coding',
    'forward/way-back.ts',
    "codingOf(answer.headers.filter(([name]) => name === 'content-encoding')",
    "codingOf(headers.filter(([name]) => name === 'content-encoding')",
  ),
  m(
    'secret-echoed-in-websocket-frames',
    'forward/frame-search.ts',
    'kept = tail === bytes.length ? NOTHING : bytes.slice(tail)',
    'kept = NOTHING\n      gone = 0',
  ),
  m('secret-file-served-by-site', 'site/locate.ts', ' || isForbidden(path, stat, forbidden)', ''),
  m(
    'secret-in-own-endpoints',
    'forward/way-back.ts',
    "stopper: guard?.stopperFor(fieldValue(headers, 'content-type')) ?? null,",
    'stopper: null,',
  ),
  m(
    'secret-sliced-by-range',
    'forward/content.ts',
    "type === 'application/octet-stream' || type.startsWith('text/')",
    "type.startsWith('text/')",
  ),
  m(
    'secret-sliced-by-range',
    'forward/way-back.ts',
    "if (isTextLike(fieldValue(headers, 'content-type'))) throw new GateError('answer_withheld', `${api.name}: a part of a text`)",
    '',
  ),
  m(
    'session-fixed-before-login',
    'session/sessions.ts',
    'const { value, id } = newIdentifier(random)\n    const times',
    "const value = 'A'.repeat(43)\n    const id = sessionIdOf(value) ?? ''\n    const times",
  ),
  m('session-identifier-guessed', 'session/identifier.ts', '{43}$/', '{1,4000}$/'),
  m(
    'session-revived-after-logout',
    'session/sessions.ts',
    'const generation = fresh.generation ?? standing.generation',
    'const generation = standing.generation',
  ),
  m(
    'session-skipped-by-incidental-signal',
    'decide/decide.ts',
    "return visitor.kind === 'stranger' ? { kind: 'problem', code: 'visit_required' } : null",
    'return null',
  ),
  m('site-path-traversal', 'site/locate.ts', 'if (!isBelow(realPath(path), realPath(root)) ||', 'if ('),
  m('slow-visitor', 'door/node.ts', 'if (response.writableLength > 0) response.socket?.setTimeout(stallMs)', ''),
  m('slow-visitor', 'door/server.ts', '  server.headersTimeout = headMs\n', '  server.headersTimeout = 0\n'),
  m('stream-outlives-its-session', 'session/streams.ts', 'ended: cutAll,', 'ended: () => undefined,'),
  m(
    'upgrade-past-the-judgement',
    'door/upgrade.ts',
    'const answer = await gateway.handle(head, null, departure)',
    "const answer = await gateway.handle({ ...head, method: 'GET' }, null, departure)",
  ),
  m(
    'upstream-answer-desync',
    'forward/round-trip.ts',
    "if (coding !== undefined && !(typeof coding === 'string' && coding.toLowerCase() === 'chunked')) {",
    "if (coding === 'never') {",
  ),
  m('upstream-certificate-not-verified', 'forward/forward.ts', 'rejectUnauthorized: true,', 'rejectUnauthorized: false,'),
  m(
    'upstream-sets-cookie-or-origin-headers',
    'decide/scrub.ts',
    'if (isOwnCookieName(name) || !api.cookies.includes(name)) return null',
    '',
  ),
  m('web-cache-deception', 'forward/own-fields.ts', "if (route.api.access.kind !== 'public') return 'no-store'", ''),
  m(
    'websocket-hijacked-across-sites',
    'decide/origin.ts',
    "if (head.method === WS && only(head.headers, 'origin').kind !== 'one') return 'cross_site'",
    '',
  ),
]
