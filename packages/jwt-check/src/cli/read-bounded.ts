import { createReadStream } from 'node:fs'
import { concat, utf8 } from '../encoding/bytes.ts'
import { readText } from '../encoding/text.ts'
import { printable } from '../finding.ts'
import { CommandProblem, exitCodes } from './io.ts'

/** Reads a stream to its end, but not past `most` bytes: gigabytes on standard input end in a sentence, not in a full memory. */
export async function readBounded(stream: AsyncIterable<Uint8Array | string>, name: string, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? utf8(chunk) : chunk
    length += bytes.length
    if (length > most) {
      throw new CommandProblem(
        `${printable(name, 200)} is larger than ${most} bytes. Cut out the part of interest, or raise --max-bytes.`,
        exitCodes.input,
      )
    }
    chunks.push(bytes)
  }
  return readText(concat(...chunks)).text
}

/** A file's text within the same bound. */
export async function readFileBounded(path: string, most: number): Promise<string> {
  try {
    return await readBounded(createReadStream(path), path, most)
  } catch (error) {
    if (error instanceof CommandProblem) throw error
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new CommandProblem(`${printable(path, 200)} cannot be read (${reason}).`, exitCodes.input)
  }
}
