/** A string, with the colon that makes it a member's name; or a bracket. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g

/**
 * Whether an object in a JSON text has a member twice. JSON.parse keeps the last of them and says nothing, so that a
 * policy would not mean what whoever reviews it reads. Expects a text that JSON.parse takes.
 */
export function hasRepeatedMember(json: string): boolean {
  const open: Set<unknown>[] = []
  for (const [token, isName] of json.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (isName !== undefined) {
      const name: unknown = JSON.parse(token.slice(0, -isName.length))
      if (open.at(-1)?.has(name)) return true
      open.at(-1)?.add(name)
    }
  }
  return false
}
