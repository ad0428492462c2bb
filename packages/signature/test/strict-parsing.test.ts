import { describe, expect, it } from 'vitest'
import { readDictionary } from '../src/message/structured.ts'
import { field, signed, verdictOn, withField } from './kit.ts'

// Shapes that the httpwg structured-field-tests mark as must_fail, for dictionaries, inner lists, keys, strings, numbers and bytes
// (https://github.com/httpwg/structured-field-tests), written for the fields of a signature; and shapes that RFC 8941 lets pass.
const MALFORMED: readonly (readonly [string, string])[] = [
  ['trailing comma', 'a=1,'],
  ['leading comma', ',a=1'],
  ['two commas', 'a=1,,b=2'],
  ['no comma', 'a=1 b=2'],
  ['key in upper case', 'A=1'],
  ['key that begins with a digit', '1a=1'],
  ['key that begins with a dash', '-a=1'],
  ['space before the equals sign', 'a =1'],
  ['space after the equals sign', 'a= 1'],
  ['tab before a parameter', 'a=1;\tb'],
  ['no value', 'a='],
  ['open list', 'a=("x"'],
  ['list closed twice', 'a=("x"))'],
  ['list in a list', 'a=(("x"))'],
  ['list with commas', 'a=("x","y")'],
  ['list with tabs', 'a=("x"\t"y")'],
  ['no space in a list', 'a=("x""y")'],
  ['open string', 'a="x'],
  ['string in single quotes', "a='x'"],
  ['unknown escape', 'a="\\x"'],
  ['escape at the end', 'a="\\'],
  ['tab in a string', 'a="\t"'],
  ['line break in a string', 'a="x\ny"'],
  ['non-ASCII in a string', 'a="\u00e9"'],
  ['NUL', 'a="\0"'],
  ['open bytes', 'a=:AAAA'],
  ['bytes with a space', 'a=:AA AA:'],
  ['bytes in base64url', 'a=:_-__:'],
  ['bytes with padding inside', 'a=:A=AA:'],
  ['bytes of one character', 'a=:A:'],
  ['number of 16 digits', 'a=1234567890123456'],
  ['decimal that ends in a dot', 'a=1.'],
  ['decimal with four places', 'a=1.2345'],
  ['two signs', 'a=--1'],
  ['plus sign', 'a=+1'],
  ['boolean that is neither', 'a=?2'],
  ['boolean in words', 'a=?true'],
  ['parameter in upper case', 'a=1;B'],
  ['parameter without a name', 'a=1;=2'],
  ['semicolon at the end', 'a=1;'],
  ['brackets', 'a=[1]'],
  ['comment', 'a=1 (comment)'],
  ['vertical tab', 'a=1\v'],
  ['form feed', '\fa=1'],
  ['no-break space', 'a=1,\u00a0b=2'],
  ['member twice', 'a=1, a=2'],
  ['member twice with lists', 'a=("x");p=1, b=2, a=("x");p=1'],
  ['parameter twice', 'a=1;p=1;p=2'],
  ['parameter twice in a list', 'a=("x";p;p)'],
  ['parameter twice behind a list', 'a=("x");created=1;created=2'],
  ['longer than anything honest', `a="${'x'.repeat(8200)}"`],
]

const WELL_FORMED: readonly string[] = [
  '',
  'a',
  'a=1',
  '  a=1  ',
  'a=1,b=2',
  'a=1\t,\tb=2',
  'a=( "x"  "y" )',
  'a=();created=1',
  'a="x, y; z=(1)"',
  'a="50%", b="\\"; c=1, d=2"',
  'a=%"caf%c3%a9, x;y", b=1',
  'a=%"\\", b=2',
  'a=("x;y" "(,)";key="a,b;c");p="q;r"',
  'a=:AAAA:;x=:BBBB:',
]

describe('structured fields are read strictly (UPV-11)', () => {
  it.each(MALFORMED)('%s: refused', (_what, text) => {
    expect(readDictionary(text).ok).toBe(false)
  })

  it.each(WELL_FORMED)('%j: read', (text) => {
    expect(readDictionary(text).ok).toBe(true)
  })

  it.each(MALFORMED)('%s as a further member of Signature-Input: the request is refused', async (_what, text) => {
    const request = await signed()
    expect(await verdictOn(withField(request, 'signature-input', `${field(request, 'signature-input')}, ${text}`))).toBe('malformed')
  })

  it.each(MALFORMED)('%s as a further member of Signature: the request is refused', async (_what, text) => {
    const request = await signed()
    expect(await verdictOn(withField(request, 'signature', `${field(request, 'signature')}, ${text}`))).toBe('malformed')
  })

  it('the signature split over two lines is one field, joined by a comma (§2.1)', async () => {
    const request = await signed()
    const added = {
      ...request,
      fields: [...request.fields, ['Signature-Input', 'cdn=();tag="cdn"'] as const, ['Signature', 'cdn=:AAAA:'] as const],
    }
    expect(await verdictOn(added)).toBe('accepted')
  })

  it('another spelling of the same signature is refused', async () => {
    const request = await signed()
    const input = field(request, 'signature-input')
    for (const other of [
      input.replace('("@method" ', '("@method"  '),
      input.replace(';tag', '; tag'),
      input.replace(/created=(\d+)/, 'created=$1.0'),
      input.replace('=("', '=( "'),
    ]) {
      expect(other).not.toBe(input)
      expect(await verdictOn(withField(request, 'signature-input', other))).toBe('malformed')
    }
  })
})
