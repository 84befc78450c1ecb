import { createScanner } from 'jsonc-parser'

/**
 * Whether an object in a JSON text has a member twice. JSON.parse keeps the last of them without an error, so the
 * policy in force could differ from the one that a reviewer read. Expects text that JSON.parse accepts.
 */
export function hasRepeatedMember(json: string): boolean {
  const scanner = createScanner(json, true)
  const openObjects: Set<string>[] = []
  let lastString = ''
  for (scanner.scan(); scanner.getTokenOffset() < json.length; scanner.scan()) {
    const first = json[scanner.getTokenOffset()]
    if (first === '{') openObjects.push(new Set())
    else if (first === '}') openObjects.pop()
    else if (first === '"') lastString = scanner.getTokenValue()
    else if (first === ':') {
      const names = openObjects.at(-1)
      if (names?.has(lastString)) return true
      names?.add(lastString)
    }
  }
  return false
}
