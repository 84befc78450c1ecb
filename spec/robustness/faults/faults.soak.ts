import { describe, expect, it } from 'vitest'
import { titledScenarios } from './runs.js'

describe('several planes under load and many faults', () => {
  it.each(titledScenarios)('%s', async (_, { run, long }) => {
    const { figures } = await run(long)
    expect(figures).toMatchObject({ faults: long, wrongAnswers: [], lostWrites: [] })
  })
})
