import type { ASTNode } from '@marcbachmann/cel-js'
import type { Scope } from '../decide/guard.ts'

export const EVERYWHERE: Scope = { routes: null, apis: null, methods: null }

/**
 * Where a condition can hold at all, from what is static in it: `route.id == "login"`, `route.api in ["shop"]`, `request.method == "POST"`,
 * joined by `&&`. Never narrower than the condition, so that the index loses nothing.
 */
export function scopeOf(ast: ASTNode): Scope {
  if (ast.op === '&&') return both(scopeOf(ast.args[0]), scopeOf(ast.args[1]))
  if (ast.op === '||') return either(scopeOf(ast.args[0]), scopeOf(ast.args[1]))
  const named = namedIn(ast)
  switch (named?.fact) {
    case 'route.id':
      return { ...EVERYWHERE, routes: named.values }
    case 'route.api':
      return { ...EVERYWHERE, apis: named.values }
    case 'request.method':
      return { ...EVERYWHERE, methods: named.values }
    default:
      return EVERYWHERE
  }
}

function namedIn(ast: ASTNode): { readonly fact: string; readonly values: readonly string[] } | null {
  if (ast.op !== '==' && ast.op !== 'in') return null
  const [left, right] = ast.args
  const fact = factOf(left)
  if (ast.op === 'in') {
    if (fact === null || right.op !== 'list') return null
    const values = right.args.map((item) => (item.op === 'value' && typeof item.args === 'string' ? item.args : null))
    return values.every((value) => value !== null) ? { fact, values } : null
  }
  if (fact !== null) return right.op === 'value' && typeof right.args === 'string' ? { fact, values: [right.args] } : null
  const turned = factOf(right)
  return turned !== null && left.op === 'value' && typeof left.args === 'string' ? { fact: turned, values: [left.args] } : null
}

function factOf(ast: ASTNode): string | null {
  return ast.op === '.' && ast.args[0].op === 'id' ? `${ast.args[0].args}.${ast.args[1]}` : null
}

type Names = readonly string[] | null

function both(one: Scope, other: Scope): Scope {
  const meet = (a: Names, b: Names): Names => (a === null ? b : b === null ? a : a.filter((name) => b.includes(name)))
  return { routes: meet(one.routes, other.routes), apis: meet(one.apis, other.apis), methods: meet(one.methods, other.methods) }
}

function either(one: Scope, other: Scope): Scope {
  const join = (a: Names, b: Names): Names => (a === null || b === null ? null : [...new Set([...a, ...b])])
  return { routes: join(one.routes, other.routes), apis: join(one.apis, other.apis), methods: join(one.methods, other.methods) }
}
