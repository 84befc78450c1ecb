import { closestMatch } from 'leven'

/** The question after a word that is not one of those it could be, with a blank before it; empty where none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const maxDistance = Math.ceil(word.length / 3)
  const closest = closestMatch(word, candidates, { maxDistance })
  return closest === undefined ? '' : ` Did you mean ${closest}?`
}
