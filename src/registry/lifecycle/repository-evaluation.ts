import { yieldToEventLoop } from '../../coordination/event-loop.js'
import { listEach } from '../list-records.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { type LifecycleEvaluation, lifecycleEvaluation } from './evaluation.js'
import type { LifecycleRule } from './lifecycle-rule.js'

/** Comparisons of a tag with a rule between two yields to the event loop. */
const COMPARISONS = 20_000

/** Evaluates rules, in the order of priority, on the images that a repository has now. */
export async function evaluateRepository(
  { images, references }: Pick<Records, 'images' | 'references'>,
  registry: Registry,
  repository: string,
  rules: readonly LifecycleRule[],
  now: Date,
): Promise<LifecycleEvaluation> {
  const evaluation = lifecycleEvaluation(rules, now)
  const prefix = keyOf(repository, '')
  let comparisons = 0
  for await (const image of listEach(images, registry, { prefix })) {
    evaluation.add(image)
    comparisons += rules.length * (1 + image.tags.length)
    if (comparisons < COMPARISONS) continue
    comparisons = 0
    await yieldToEventLoop()
  }
  for await (const { kind, to, from } of listEach(references, registry, { prefix }))
    if (kind === 'member') evaluation.addMember(from, to)
  return evaluation
}
