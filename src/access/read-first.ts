import { CLOCK_OFFSET } from '../registry/ports/clock.js'
import { type RecordPlace, REGISTRY_POLICY } from '../registry/ports/store.js'
import { installation, type Registry } from '../registry/registry.js'

/*
 * A store across a network is asked for all of these at once (`Store.ahead`). To leave one out, or to name one too many,
 * costs a moment and changes no answer.
 */

/** How far the time was moved: what every request reads first. */
export const clockPlace: RecordPlace = { registry: installation, collection: 'settings', key: CLOCK_OFFSET }

/** What may decide about a request that names these repositories. */
export function* readToDecide(registry: Registry, repositories: Iterable<string>): Generator<RecordPlace, void> {
  yield { registry, collection: 'registryPolicies', key: REGISTRY_POLICY }
  yield { registry, collection: 'accountSettings', key: 'REGISTRY_POLICY_SCOPE' }
  for (const key of repositories) {
    yield { registry, collection: 'repositoryPolicies', key }
    yield { registry, collection: 'repositories', key }
  }
}

/** What `Touches.touch` reads of these digests, the time included. */
export function* readToTouch(digests: readonly string[]): Generator<RecordPlace, void> {
  if (digests.length > 0) yield clockPlace
  for (const key of digests) yield { registry: installation, collection: 'pins', key }
}
