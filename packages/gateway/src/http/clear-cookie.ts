/** The Set-Cookie line that deletes one of our cookies: same name and attributes, no age (COO-17). */
export function clearCookie(name: string): string {
  return `${name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict`
}
