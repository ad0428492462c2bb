/**
 * Does a file's name carry a hash of its content, as bundlers write it (`index-DkE9x2Qa.js`, `main.3f2a91bc.css`, `main-5QAWCVTP.js`)?
 * Such a file may be kept for a year: another content gets another name. In doubt it does not: then a browser asks, which costs a 304.
 */
export function isHashedName(name: string): boolean {
  const parts = /^(?:.+[-.])?([A-Za-z0-9_-]+)\.(?:[a-z0-9]+)(?:\.map)?$/.exec(name)
  if (parts === null || /\.html?$/i.test(name)) return false
  const whole = parts[1] ?? ''
  return isHex(whole) || isBase64(/^.*?[-.]([A-Za-z0-9_-]{8})\.(?:[a-z0-9]+)(?:\.map)?$/.exec(name)?.[1] ?? '')
}

/** Eight digits or more with letters among them: eight digits alone are a date. */
function isHex(text: string): boolean {
  return /^[0-9a-f]{8,64}$/.test(text) && /[a-f]/.test(text) && /[0-9]/.test(text)
}

/** Eight characters that are no word, no words with dashes, no name in camel case and no word with a number behind it. */
function isBase64(text: string): boolean {
  const pieces = text.match(/[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[_-]/g) ?? []
  if (/^[A-Z2-7]{8}$/.test(text)) return /^[2-7]/.test(text) ? pieces.length >= 2 : pieces.length >= 3
  return pieces.length >= 4 && /[A-Z]/.test(text) && /[a-z0-9]/.test(text)
}
