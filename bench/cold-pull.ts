import { fileURLToPath } from 'node:url'
import { pushImage, type Target } from './content.js'
import { runClient } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator } from './servers.js'
import { comparison, milliseconds } from './table.js'

const REPOSITORY = 'team/app'
const UPSTREAM_HOST = 'upstream.example'
/** Bytes of the layers, 100 MB in total. */
const SIZES = [50, 25, 15, 8, 2].map((megabytes) => megabytes * 1_000_000)
const client = fileURLToPath(new URL('cold-client.js', import.meta.url))

/**
 * How long a first pull takes. Upstream, cache and client share all CPUs, as on a developer's machine. Every round
 * pulls an image that was never pulled before; the first round only warms up the processes.
 */
export const coldPull: Section = { name: 'cold', needs: ['docker-registry'], measure }

async function measure({ main, rounds }: Extent) {
  await using upstream = await dockerRegistry()
  await using proxy = await dockerRegistry({ proxyOf: upstream.url })
  await using ours = await emulator({ main, config: { upstreams: { [UPSTREAM_HOST]: { endpoint: upstream.url } } } })
  await ours.call('CreatePullThroughCacheRule', { ecrRepositoryPrefix: 'cache', upstreamRegistryUrl: UPSTREAM_HOST })
  for (let round = -1; round < rounds; round++)
    await pushImage({ url: upstream.url, repository: REPOSITORY }, SIZES, `round-${round}`)

  const pull = async ({ url, repository, authorization = '' }: Target, round: number) => {
    const args = [client, url, repository, `round-${round}`, ...(authorization ? [authorization] : [])]
    return Number(await runClient(process.execPath, args, ANY_CPU))
  }
  const through = {
    ours: { url: ours.registryUrl, repository: `cache/${REPOSITORY}`, authorization: ours.authorization },
    proxy: { url: proxy.url, repository: REPOSITORY },
  }
  const turns = (first: number) => ({
    ours: (round: number) => pull(through.ours, first + round),
    proxy: (round: number) => pull(through.proxy, first + round),
  })
  await interleaved(1, turns(-1))
  const result = await interleaved(rounds, turns(0))
  const compared = { ours: result.ours, theirs: result.proxy, than: 'docker-registry proxy', show: milliseconds }
  return [comparison({ figure: 'cold pull of a 100 MB image', ...compared, aim: { atMost: 1 } })]
}

const ANY_CPU = undefined
