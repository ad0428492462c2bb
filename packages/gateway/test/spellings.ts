/** How an upstream may write a secret, made with the platform's own means: independent of the code that looks for it. */
export const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  json: (secret) => JSON.stringify({ echo: secret }),
  'json with escaped slashes': (secret) => JSON.stringify({ echo: secret }).replaceAll('/', '\\/'),
  percent: (secret) => `https://x/?k=${encodeURIComponent(secret)}`,
  'percent in lower case': (secret) => encodeURIComponent(secret).replaceAll(/%../g, (escape) => escape.toLowerCase()),
  form: (secret) => new URLSearchParams({ k: secret }).toString(),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 behind one byte': (secret) => Buffer.from(`:${secret}`).toString('base64'),
  'base64 behind two bytes': (secret) => Buffer.from(`a:${secret}`).toString('base64'),
  base64url: (secret) => Buffer.from(`Bearer ${secret} and more`).toString('base64url'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'hex in upper case': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  html: (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  'html as Go writes it': (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('+', '&#43;'),
}

/** Whatever of the secret can be read in a text, in any of the spellings; empty when nothing can. */
export function readable(text: string, secret: string): readonly string[] {
  const found: string[] = []
  for (const [name, spell] of Object.entries(SPELLINGS)) {
    // The middle of what was written: borders differ with what stands around it.
    const written = spell(secret)
    const middle = name.startsWith('base64') ? written.slice(4, -4) : written
    if (text.includes(middle)) found.push(name)
  }
  if (text.includes(secret)) found.push('plain')
  return found
}
