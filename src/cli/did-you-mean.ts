import { closestMatch } from 'leven'

/** A suggestion for a misspelt word, with a leading space; empty if no candidate is close enough. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const closest = closestTo(word, candidates)
  return closest === undefined ? '' : ` Did you mean ${closest}?`
}

/** The candidate that a misspelt word most likely stands for; undefined if none is close enough. */
export const closestTo = (word: string, candidates: readonly string[]): string | undefined =>
  closestMatch(word, candidates, { maxDistance: Math.ceil(word.length / 3) })
