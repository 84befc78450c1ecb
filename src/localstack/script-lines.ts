import type { Readable } from 'node:stream'

/** A longer line is passed on in pieces, so that a script which never ends one does not fill the memory. */
const MAX_CHARACTERS = 64 * 1024

/** Calls `onLine` with every line of a text stream, and at its end with what is left. */
export function eachLine(input: Readable, onLine: (line: string) => void): void {
  let rest = ''
  // Whether the beginning of the present line was passed on, whose end is then no empty line.
  let isContinued = false
  input.setEncoding('utf8')
  input.on('data', (text: string) => {
    const lines = (rest + text).split(LINE_END)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line !== '' || !isContinued) onLine(line)
      isContinued = false
    }
    if (rest.length < MAX_CHARACTERS) return
    onLine(rest)
    rest = ''
    isContinued = true
  })
  input.once('end', () => {
    if (rest !== '') onLine(rest)
  })
}

/** The last character may be the first half of a line end. */
const LINE_END = /\r\n|\n|\r(?!\n|$)/
