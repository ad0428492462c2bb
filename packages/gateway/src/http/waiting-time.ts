/** Milliseconds in words for a person, rounded up: `5 seconds`, `2 minutes`, `1 hour`. */
export function waitingTime(ms: number, language = 'en'): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  if (seconds <= 90) return counted(seconds, 'second', language)
  const minutes = Math.ceil(seconds / 60)
  return minutes <= 90 ? counted(minutes, 'minute', language) : counted(Math.ceil(minutes / 60), 'hour', language)
}

function counted(count: number, unit: 'second' | 'minute' | 'hour', language: string): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long', useGrouping: false }).format(count)
}
