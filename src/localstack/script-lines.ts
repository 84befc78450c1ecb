import type { Readable } from 'node:stream'

/** A longer line is passed on in pieces, so that a script which never ends one does not fill the memory. */
const MAX_CHARACTERS = 64 * 1024

/** Calls `onLine` with every line of a text stream, and at its end with what is left. */
export function eachLine(input: Readable, onLine: (line: string) => void): void {
  let rest = ''
  input.setEncoding('utf8')
  input.on('data', (text: string) => {
    const lines = (rest + text).split(LINE_END)
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
    if (rest.length < MAX_CHARACTERS) return
    onLine(rest)
    rest = ''
  })
  input.once('end', () => {
    if (rest !== '') onLine(rest)
  })
}

/** The last character may be the first half of a line end. */
const LINE_END = /\r\n|\n|\r(?!\n|$)/
