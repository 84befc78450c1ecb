import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Makes a function that rewrites stack traces of the bundle so that they name files and lines of `src`. A source map is
 * read when an error is first shown: with `node --enable-source-maps` every start would read all of them.
 */
export function sourceStacks(directory = dirname(fileURLToPath(import.meta.url))): (stack: string) => string {
  const maps = new Map<string, SourceMap | undefined>()
  const mapOf = (file: string): SourceMap | undefined => {
    if (!maps.has(file)) maps.set(file, readMap(join(directory, `${file}.map`)))
    return maps.get(file)
  }
  return (stack) =>
    stack.replace(placesIn(directory), (place, file: string, line: string, column: string) => {
      const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1)
      if (!entry || !('originalSource' in entry)) return place
      const { originalSource, originalLine, originalColumn } = entry
      return `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`
    })
}

/** Matches places in files of a directory as stack traces name them: `/…/dist/main.cjs:12:34`. */
const placesIn = (directory: string) =>
  new RegExp(`${(directory + sep).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}([\\w-]+\\.cjs):(\\d+):(\\d+)`, 'g')

function readMap(file: string): SourceMap | undefined {
  if (!existsSync(file)) return undefined
  return new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload)
}
