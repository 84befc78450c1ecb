import { fileURLToPath } from 'node:url'
import { runClient } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator } from './servers.js'
import { comparison, milliseconds } from './table.js'

const REPOSITORY = 'team/app'
/** Bytes of the layers, 100 MB in total. */
const SIZES = [50, 25, 15, 8, 2].map((megabytes) => megabytes * 1_000_000)
const client = fileURLToPath(new URL('push-client.js', import.meta.url))
const ANY_CPU = undefined

/** How long the push of an image takes. Every round pushes other bytes; the first round only warms up the processes. */
export const push: Section = { name: 'push', needs: ['docker-registry'], measure }

async function measure({ main, rounds }: Extent) {
  await using registry = await dockerRegistry()
  await using ours = await emulator({ main })
  await ours.call('CreateRepository', { repositoryName: REPOSITORY })
  let count = 0
  const pushTo = async (url: string, ...login: string[]) => {
    const args = [client, url, REPOSITORY, `push-${++count}`, SIZES.join(','), ...login]
    return Number(await runClient(process.execPath, args, ANY_CPU))
  }
  const turns = {
    ours: () => pushTo(ours.registryUrl, ours.authorization),
    theirs: () => pushTo(registry.url),
  }
  await interleaved(1, turns)
  const compared = { ...(await interleaved(rounds, turns)), than: 'docker-registry', show: milliseconds }
  return [comparison({ figure: 'push of a 100 MB image', ...compared, aim: { atMost: 1 } })]
}
