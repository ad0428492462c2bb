import { imagine } from './imagine.ts'
import { isNode, type Node, pointed, resolve } from './references.ts'
import { type Making, vary } from './vary.ts'

/** An OpenAPI 3 document as far as decoys need it: what a GET of each path answers. */
export interface OpenApi {
  /** An answer to the first of these paths that the document has; undefined when it has none of them. */
  answer(paths: readonly string[], making: Making): unknown
  /** An answer to each of its paths. */
  all(making: Making): readonly unknown[]
}

/** What is wrong with a document, and where, as keys. */
export interface OpenApiProblem {
  readonly path: readonly (string | number)[]
  readonly text: string
  readonly fix: string
}

interface Operation {
  readonly segments: readonly string[]
  readonly make: (making: Making, named: ReadonlyMap<string, string>) => unknown
}

/** Reads a document; every `$ref` that an answer to GET rests on must be in it. */
export function readOpenApi(root: unknown): OpenApi | OpenApiProblem {
  if (!isNode(root) || !String(root['openapi']).startsWith('3.'))
    return {
      path: ['openapi'],
      text: 'This is no OpenAPI 3 document.',
      fix: 'Name one that begins with `openapi: 3…`, or a recorded answer as `sample`.',
    }
  const operations: Operation[] = []
  for (const [path, item] of Object.entries(isNode(root['paths']) ? root['paths'] : {})) {
    const get = fieldOf(resolve(item, root), 'get', root)
    const media = mediaOf(get, root)
    if (media === null) continue
    const missing = pointed(media, root).missing
    if (missing !== null)
      return {
        path: ['paths', path, 'get'],
        text: `\`${missing}\` names nothing in this document.`,
        fix: 'Put what it names into the document: other files are not read.',
      }
    operations.push({ segments: segmentsOf(path), make: makerOf(media, root) })
  }
  if (operations.length === 0)
    return { path: ['paths'], text: 'No GET of this document answers with JSON.', fix: 'Name a recorded answer as `sample` instead.' }
  // What is written out goes before what stands for anything.
  operations.sort((one, other) => holesIn(one) - holesIn(other))
  const bases = basesOf(root)
  return {
    answer(paths, making) {
      for (const path of paths.flatMap((each) => [each, ...withoutBase(each, bases)])) {
        const asked = segmentsOf(path)
        for (const { segments, make } of operations) {
          const named = match(segments, asked)
          if (named !== null) return make(making, named)
        }
      }
      return undefined
    },
    all: (making) => operations.map(({ make }) => make(making, new Map())),
  }
}

function makerOf(media: Node, root: Node): Operation['make'] {
  const [first] = Object.values(isNode(media['examples']) ? media['examples'] : {})
  const example = media['example'] ?? fieldOf(resolve(first, root), 'value', root)
  if (example !== undefined) return (making) => vary(example, making)
  return (making, named) => imagine(media['schema'], { root, making, named })
}

/** The JSON of a good answer. */
function mediaOf(get: unknown, root: Node): Node | null {
  const responses = fieldOf(get, 'responses', root)
  if (!isNode(responses)) return null
  const status = Object.keys(responses).find((key) => key === '200') ?? Object.keys(responses).find((key) => /^2|^default$/.test(key))
  const content = status === undefined ? undefined : fieldOf(fieldOf(responses, status, root), 'content', root)
  if (!isNode(content)) return null
  const type = Object.keys(content).find((key) => /^application\/(?:[\w.-]+\+)?json\b/i.test(key))
  const media = type === undefined ? undefined : resolve(content[type], root)
  return isNode(media) ? media : null
}

function fieldOf(node: unknown, name: string, root: Node): unknown {
  return isNode(node) ? resolve(node[name], root) : undefined
}

/** Paths of the document begin behind those of its servers. */
function basesOf({ servers }: Node): readonly string[] {
  const urls = Array.isArray(servers) ? servers.flatMap((server) => (isNode(server) ? [String(server['url'])] : [])) : []
  return urls.map((url) => url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\/+$/, '')).filter((path) => path !== '')
}

function withoutBase(path: string, bases: readonly string[]): readonly string[] {
  return bases.filter((base) => path.startsWith(`${base}/`)).map((base) => path.slice(base.length))
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function holesIn({ segments }: Operation): number {
  return segments.filter((segment) => segment.includes('{')).length
}

/** What the holes of the path stand for; null when it is another path. */
function match(segments: readonly string[], asked: readonly string[]): ReadonlyMap<string, string> | null {
  if (segments.length !== asked.length) return null
  const named = new Map<string, string>()
  for (const [at, segment] of segments.entries()) {
    const given = asked[at] ?? ''
    const hole = /^\{([^{}]+)\}$/.exec(segment)?.[1]
    if (hole !== undefined) named.set(hole, given)
    else if (segment !== given) return null
  }
  return named
}
