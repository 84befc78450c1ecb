import { describe, expect, it } from 'vitest'
import { sortInBatches } from '../../../src/coordination/sort-in-batches.js'
import { yieldToEventLoop } from '../../../src/coordination/event-loop.js'
import { lifecycleEvaluation } from '../../../src/registry/lifecycle/evaluation.js'
import type { LifecycleRule } from '../../../src/registry/lifecycle/lifecycle-rule.js'
import { heldUpMs, MOST_HELD_UP_MS } from '../../support/event-loop.js'

const now = new Date('2026-11-30T00:00:00Z')
const IMAGES = 100_000

/** 50 rules that count images: 49 by a pattern, and one for all. */
const rules: LifecycleRule[] = Array.from({ length: 50 }, (_, index) => ({
  rulePriority: index + 1,
  selection: {
    ...(index < 49 ? { tagStatus: 'tagged', tagPatternList: [`v${index}.*`] } : { tagStatus: 'any' }),
    countType: 'imageCountMoreThan',
    countNumber: 100,
  },
  action: { type: 'expire' },
}))

async function filled() {
  const evaluation = lifecycleEvaluation(rules, now)
  for (let index = 0; index < IMAGES; index++) {
    const digest = `sha256:${String((index * 7919) % IMAGES).padStart(64, '0')}`
    evaluation.add({ digest, tags: [`v${index % 60}.${index}`], pushedAt: (index * 104_729) % 1_000_003 })
    if (index % 500 === 0) await yieldToEventLoop()
  }
  return evaluation
}

describe('A repository with 100,000 images', () => {
  it('is evaluated with 50 rules without blocking the event loop', async () => {
    let acted = 0
    const evaluations = await Promise.all([filled(), filled(), filled()])
    const held = await heldUpMs(async (run) => void (acted = (await evaluations[run]!.actions()).length))
    // Each of the 60 tags has 1,667 or 1,666 images: 49 rules keep 100 of each, the last one those among the youngest.
    const [ofRules, ofLast] = [49, 11]
    expect(acted).toBeGreaterThan(ofRules * 1566 + ofLast * 1566)
    expect(acted).toBeLessThanOrEqual(IMAGES - ofRules * 100)
    expect(held).toBeLessThan(MOST_HELD_UP_MS)
  })
})

describe('Sorting in batches', () => {
  it('sorts like toSorted, and leaves equal items in their order', async () => {
    const items = Array.from({ length: 20_011 }, (_, index) => ({ key: (index * 7919) % 501, index }))
    const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key
    expect(await sortInBatches(items, byKey)).toEqual([...items].sort(byKey))
  })

  it.each([[[]], [[1]], [[2, 1]]])('sorts %j', async (items) => {
    expect(await sortInBatches<number>(items, (a, b) => a - b)).toEqual([...items].sort())
  })
})
