import { lookup } from 'mrmime'

export interface ContentType {
  readonly value: string
  /** Text, or something else that shrinks. */
  readonly compressible: boolean
  readonly html: boolean
}

/** The media type that a file's name stands for, with its charset. What nobody knows is a download, never a guess at a page. */
export function contentTypeOf(name: string): ContentType {
  const type = lookup(name) ?? 'application/octet-stream'
  const text = TEXT.test(type)
  return { value: text ? `${type}; charset=utf-8` : type, compressible: text || SHRINKS.test(type), html: type === 'text/html' }
}

const TEXT = /^text\/|[/+](?:json|xml|javascript)$/
const SHRINKS =
  /^(?:application\/(?:wasm|vnd\.ms-fontobject|x-sh|rtf)|font\/(?:ttf|otf|collection)|image\/(?:bmp|x-icon|vnd\.microsoft\.icon))$/
