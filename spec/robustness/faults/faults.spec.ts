import { describe, expect, it } from 'vitest'
import { titledScenarios } from './runs.js'

/** A generous bound, as nothing is measured: a run takes several times as long on a busy machine as on an idle one. */
const BOUND_MS = 400_000

/** A short version of what `npm run test:soak` does. */
describe('several planes under load and faults', () => {
  it.each(titledScenarios)(
    '%s',
    async (_, { run, short }) => {
      const { figures, acknowledged } = await run(short)
      expect(figures).toMatchObject({ faults: short, wrongAnswers: [], lostWrites: [] })
      expect(acknowledged.length).toBeGreaterThan(20)
    },
    BOUND_MS,
  )
})
