import { LAYERS_OF_100_MB, type Target } from './content.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator } from './servers.js'
import { comparison, milliseconds } from './table.js'
import { timedClient } from './timed-client.js'

const REPOSITORY = 'team/app'

/** How long the push of an image takes. Every round pushes other bytes; the first round only warms up the processes. */
export const push: Section = { name: 'push', needs: ['docker-registry'], measure }

async function measure({ main, rounds }: Extent) {
  await using registry = await dockerRegistry()
  await using ours = await emulator({ main })
  await ours.call('CreateRepository', { repositoryName: REPOSITORY })
  let count = 0
  const pushTo = (target: Target) => timedClient('push', target, `push-${++count}`, ...LAYERS_OF_100_MB)
  const turns = {
    ours: () => pushTo({ url: ours.registryUrl, repository: REPOSITORY, authorization: ours.authorization }),
    theirs: () => pushTo({ url: registry.url, repository: REPOSITORY }),
  }
  await interleaved(1, turns)
  const compared = { ...(await interleaved(rounds, turns)), than: 'docker-registry', show: milliseconds }
  return [comparison({ figure: 'push of a 100 MB image', ...compared, aim: { atMost: 1 } })]
}
