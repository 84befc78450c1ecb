import { closestMatch } from 'leven'

/** A suggestion for a misspelt word, with a leading space; empty if no candidate is close enough. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const maxDistance = Math.ceil(word.length / 3)
  const closest = closestMatch(word, candidates, { maxDistance })
  return closest === undefined ? '' : ` Did you mean ${closest}?`
}
