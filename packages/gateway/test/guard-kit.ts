/** A guard.yaml without the rules that come with the gateway; values are YAML, and `does` is `then`. */
export function rulesOf(...rules: readonly Readonly<Record<string, string>>[]): string {
  return guardOf('', ...rules)
}

/** As `rulesOf`, with what stands before the rules: lists and signals. */
export function guardOf(head: string, ...rules: readonly Readonly<Record<string, string>>[]): string {
  const lines = rules.map((rule) =>
    Object.entries(rule)
      .map(([key, value], at) => `${at === 0 ? '  - ' : '    '}${key === 'does' ? 'then' : key}: ${value}`)
      .join('\n'),
  )
  return ['version: 1', 'defaults: false', head, 'rules:', ...lines, ''].join('\n')
}
