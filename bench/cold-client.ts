import { getManifest, rawGet } from './raw-client.js'

/**
 * Pulls an image like container runtimes: each client the manifest, then the config and all layers in parallel. Started
 * as `node cold-client.js <registry URL> <repository> <authorization> <tag> [number of clients]`; prints the
 * milliseconds until all have it.
 */
const [url = '', repository = '', authorization = '', tag = '', clients = '1'] = process.argv.slice(2)
/** Many clients get smaller buffers, 64 of them together 48 MB. */
const bufferBytes = Number(clients) > 1 ? 128 * 1024 : 1024 * 1024

async function pull(): Promise<void> {
  const { config, layers } = await getManifest({ url, repository, authorization }, tag)
  const blobs = [config, ...layers].map(({ digest }) => `${url}/v2/${repository}/blobs/${digest}`)
  await Promise.all(blobs.map((blob) => rawGet({ url: blob, bufferBytes, authorization })))
}

const begun = performance.now()
await Promise.all(Array.from({ length: Number(clients) }, pull))
process.stdout.write(String(performance.now() - begun))
