import { rawGet } from './raw-client.js'

/**
 * Pulls an image like container runtimes: each the manifest, then the config and all layers in parallel. Started as
 * `node cold-client.js <registry URL> <repository> <tag> [authorization] [number of clients]`; prints the milliseconds.
 */
const [url = '', repository = '', tag = '', authorization = '', clients = '1'] = process.argv.slice(2)
const login = authorization === '' ? {} : { authorization }
const accept = 'application/vnd.oci.image.manifest.v1+json'
/** Many clients get smaller buffers, 64 of them together 48 MB. */
const bufferBytes = Number(clients) > 1 ? 128 * 1024 : 1024 * 1024

async function pull(): Promise<void> {
  const bytes = await rawGet({ url: `${url}/v2/${repository}/manifests/${tag}`, accept, ...login }, true)
  const { config, layers } = JSON.parse(bytes.toString()) as {
    config: { digest: string }
    layers: { digest: string }[]
  }
  const blobs = [config, ...layers].map(({ digest }) => `${url}/v2/${repository}/blobs/${digest}`)
  await Promise.all(blobs.map((blob) => rawGet({ url: blob, bufferBytes, ...login })))
}

const begun = performance.now()
await Promise.all(Array.from({ length: Number(clients) }, pull))
process.stdout.write(String(performance.now() - begun))
