import { describe, expect, test } from 'vitest'
import { readTheme } from './theme.ts'

const WISHES = { name: 'Shop', colour: null, logo: null }
const LOGO = { fileName: 'logo.SVG', bytes: Buffer.from('<svg/>') }

describe('how the owner’s pages look', () => {
  test('a name is enough', () => {
    expect(readTheme(WISHES)).toMatchObject({ kind: 'theme', theme: { name: 'Shop', logo: null } })
  })

  test('a logo gets its media type from its name', () => {
    expect(readTheme({ ...WISHES, logo: LOGO })).toMatchObject({ theme: { logo: { type: 'image/svg+xml' } } })
    expect(readTheme({ ...WISHES, logo: { ...LOGO, fileName: 'a.b.jpeg' } })).toMatchObject({ theme: { logo: { type: 'image/jpeg' } } })
  })

  test('all problems are named at once, each with its key', () => {
    const wishes = { name: ' ', colour: 'red', logo: { fileName: 'logo.html', bytes: Buffer.alloc(1) } }
    const reading = readTheme(wishes)
    expect(reading.kind === 'problems' && reading.problems.map(({ key }) => key)).toEqual(['name', 'colour', 'logo'])
    expect(readTheme({ ...WISHES, logo: { ...LOGO, bytes: Buffer.alloc(256 * 1024 + 1) } }).kind).toBe('problems')
    expect(readTheme({ ...WISHES, name: 'x'.repeat(61) }).kind).toBe('problems')
  })
})
