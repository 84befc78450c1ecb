import type { Target } from './content.js'
import type { Server } from './processes.js'
import { type Emulator, emulator } from './servers.js'

const UPSTREAM_HOST = 'upstream.example'
const PREFIX = 'cache'

/** Starts an emulator with one pull through cache rule, whose upstream is this server. */
export async function cachingEmulator(main: string, upstream: Pick<Server, 'url'>): Promise<Emulator> {
  const started = await emulator({ main, config: { upstreams: { [UPSTREAM_HOST]: { endpoint: upstream.url } } } })
  await started.call('CreatePullThroughCacheRule', { ecrRepositoryPrefix: PREFIX, upstreamRegistryUrl: UPSTREAM_HOST })
  return started
}

/** A repository of the upstream as clients of the emulator name it. */
export const cached = ({ registryUrl, authorization }: Emulator, repository: string): Target => ({
  url: registryUrl,
  repository: `${PREFIX}/${repository}`,
  authorization,
})
