import { describe, expect, it } from 'vitest'
import { titledScenarios } from './runs.js'

/** Nothing is measured: a run on a busy machine takes a few times as long as on an idle one. */
const BOUND_MS = 400_000

/** A short part of what `npm run test:soak` does. */
describe('under load, several planes', () => {
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
