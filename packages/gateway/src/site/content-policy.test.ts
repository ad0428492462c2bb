import { expect, test } from 'vitest'
import { DEVELOPMENT_SOURCES, SITE_POLICY, widenPolicy } from './content-policy.ts'

function widened(policy: string, additions: Record<string, readonly string[]>): string {
  const result = widenPolicy(policy, additions)
  return result.kind === 'policy' ? result.text : `refused: ${result.problems.join('; ')}`
}

test('HDR-05 the default allows no inline script, no plug-in, no foreign frame, no call to elsewhere', () => {
  expect(SITE_POLICY).toContain("default-src 'self'")
  expect(SITE_POLICY).toContain("script-src 'self';")
  expect(SITE_POLICY).toContain("object-src 'none'")
  expect(SITE_POLICY).toContain("frame-ancestors 'none'")
})

test.each([
  [
    "default-src 'self'; img-src 'self' data:",
    { 'img-src': ['https://cdn.example'] },
    "default-src 'self'; img-src 'self' data: https://cdn.example",
  ],
  ["default-src 'self'", { 'media-src': ['https://cdn.example'] }, "default-src 'self'; media-src 'self' https://cdn.example"],
  [
    "default-src 'self'; script-src 'self' x.example",
    { 'script-src-elem': ["'unsafe-inline'"] },
    "default-src 'self'; script-src 'self' x.example; script-src-elem 'self' x.example 'unsafe-inline'",
  ],
  ["frame-ancestors 'none'", { 'frame-ancestors': ['https://portal.example'] }, 'frame-ancestors https://portal.example'],
  ["default-src 'none'", { 'img-src': ["'self'"] }, "default-src 'none'; img-src 'self'"],
  ["img-src 'self'", { 'img-src': ["'self'"] }, "img-src 'self'"],
  ["default-src 'self'; base-uri 'none'", {}, "default-src 'self'; base-uri 'none'"],
  ['IMG-SRC a.example; img-src b.example', {}, 'img-src a.example'],
])('%s widened by %j', (policy, additions, expected) => {
  expect(widened(policy, additions)).toBe(expected)
})

test.each([
  [{ 'img-source': ['https://x.example'] }, 'img-source is not a directive'],
  [{ 'img-src': ['x; script-src *'] }, 'is not a source'],
  [{ 'img-src': ['a,b'] }, 'is not a source'],
  [{ 'img-src': ['a\r\nset-cookie: x=y'] }, 'is not a source'],
  [{ 'script-src': ['unsafe-inline'] }, "write 'unsafe-inline' with its single quotes"],
])('%j is refused with the reason', (additions, reason) => {
  expect(widened(SITE_POLICY, additions as unknown as Record<string, readonly string[]>)).toContain(reason)
})

test('HDR-05 for a dev server the policy is loosened for hot reload, and everything else stays as it was', () => {
  const text = widened(SITE_POLICY, DEVELOPMENT_SOURCES)
  expect(text).toContain("script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:")
  expect(text).toContain("connect-src 'self' ws: wss:")
  expect(text).toContain("object-src 'none'")
  expect(text).toContain("frame-ancestors 'none'")
})
