import type { FaultyUpstream } from '../support/faulty-upstream.js'
import type { RegistryClient } from '../support/registry-client.js'
import { type AddedIndex, digestOf, makeImage } from '../support/upstream-content.js'

/** What clients were told is done: all of it must survive every crash. */
export interface Acknowledged {
  repositories: string[]
  /** Paths below `/v2/` and the digest of their content. */
  contents: { path: string; digest: string }[]
  /** Indexes that were pulled by tag. `asked` is how often the upstream had been asked for the tag by then. */
  indexes: { path: string; index: AddedIndex; asked: number }[]
}

/** The size of a layer: each round spends some hundred milliseconds in the transfer of one. */
const LAYER = 300_000

/** Creates repositories, pushes and pulls until the emulator is gone, and records what was acknowledged. */
export async function loadUntilGone(
  client: RegistryClient,
  upstream: FaultyUpstream,
  round: number,
  done: Acknowledged,
): Promise<void> {
  const workers = [pushing(client, `push-${round}-a`, done), pushing(client, `push-${round}-b`, done)]
  const pulls = ['a', 'b'].map((name) => pulling(client, upstream, `${name}-${round}`, done))
  await Promise.allSettled([...workers, ...pulls])
}

async function pushing(client: RegistryClient, name: string, done: Acknowledged): Promise<never> {
  for (let count = 0; ; count++) {
    const repository = `${name}/${count}`
    await client.createRepository(repository)
    done.repositories.push(repository)
    const { image, blobs } = makeImage({ seed: repository, layers: 1, layerSize: LAYER })
    for (const blob of blobs) {
      const digest = await client.pushBlob(repository, blob)
      done.contents.push({ path: `${repository}/blobs/${digest}`, digest })
    }
    await client.pushManifest(repository, 'latest', image.bytes)
    for (const reference of ['latest', image.digest])
      done.contents.push({ path: `${repository}/manifests/${reference}`, digest: image.digest })
  }
}

async function pulling(
  client: RegistryClient,
  upstream: FaultyUpstream,
  name: string,
  done: Acknowledged,
): Promise<never> {
  for (let count = 0; ; count++) {
    const repository = `${name}/${count}`
    const index = addIndexTo(upstream, repository)
    const path = `ecr-public/${repository}`
    await pull(client, `${path}/manifests/latest`, index.digest)
    done.indexes.push({ path, index, asked: upstream.count(`GET /v2/${repository}/manifests/latest`) })
    const [first] = index.images
    if (!first) throw new Error('an index lists two images')
    await pull(client, `${path}/manifests/${first.digest}`, first.digest)
    for (const digest of [first.config, ...first.layers]) await pull(client, `${path}/blobs/${digest}`, digest)
  }
}

/** An answer that is cut off does not count; a complete one must be right. */
async function pull(client: RegistryClient, path: string, digest: string): Promise<void> {
  const { status, body } = await client.get(path)
  if (status === 200 && digestOf(body) !== digest) wrong.push(`${path} was served as ${digestOf(body)}`)
  if (status !== 200) throw new Error(`${path}: ${status}`)
}

/** Complete answers whose bytes did not match their digest. */
export const wrong: string[] = []

function addIndexTo(upstream: FaultyUpstream, repository: string): AddedIndex {
  const images = ['linux/amd64', 'linux/arm64'].map((platform) =>
    upstream.addImage(repository, { platform, seed: repository, layers: 2, layerSize: LAYER }),
  )
  return upstream.addIndex(repository, images, { tag: 'latest' })
}
