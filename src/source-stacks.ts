import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { fileURLToPath } from 'node:url'

/** A place in a module, as a stack trace names it: `file:///…/dist/main.js:12:34`. */
const PLACE = /(file:\/\/\/[^\s()]+\.js):(\d+):(\d+)/g

/**
 * Makes a function that rewrites stack traces of the bundle so that they name files and lines of `src`. A source map is read
 * when an error is first shown: `node --enable-source-maps` reads the maps of all modules at every start.
 */
export function sourceStacks(): (stack: string) => string {
  const maps = new Map<string, SourceMap | undefined>()
  const mapOf = (url: string): SourceMap | undefined => {
    if (!maps.has(url)) maps.set(url, readMap(`${fileURLToPath(url)}.map`))
    return maps.get(url)
  }
  return (stack) =>
    stack.replace(PLACE, (place, url: string, line: string, column: string) => {
      const entry = mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1)
      if (!entry || !('originalSource' in entry)) return place
      const { originalSource, originalLine, originalColumn } = entry
      return `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`
    })
}

function readMap(file: string): SourceMap | undefined {
  if (!existsSync(file)) return undefined
  return new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload)
}
