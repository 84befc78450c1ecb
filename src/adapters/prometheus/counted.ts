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
  /** Undefined until a sweep of this process has walked them. */
  blobs: undefined as { count: number; bytes: number } | undefined,
})
