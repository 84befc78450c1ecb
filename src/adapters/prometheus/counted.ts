import { durations, tally } from './tallies.js'

/** What is counted in a process. */
export type Counted = ReturnType<typeof nothingCounted>

/** Where counting begins. */
export const nothingCounted = () => ({
  requests: tally(),
  durations: durations(),
  cache: tally(),
  upstream: tally(),
  fills: tally(),
  fillBytes: tally(),
  fillsInFlight: 0,
  roundTrips: tally(),
  swept: tally(),
  /** As last counted for a scrape. */
  blobs: undefined as { readonly count: number; readonly bytes: number } | undefined,
})
