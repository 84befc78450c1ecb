import { rawGet } from './raw-client.js'

/**
 * Pulls an image like a container runtime: the manifest, then the config and all layers in parallel. Started as `node
 * cold-client.js <registry URL> <repository> <tag> [authorization]`; prints the milliseconds.
 */
const [url = '', repository = '', tag = '', authorization] = process.argv.slice(2)
const login = authorization === undefined ? {} : { authorization }
const accept = 'application/vnd.oci.image.manifest.v1+json'

const begun = performance.now()
const bytes = await rawGet({ url: `${url}/v2/${repository}/manifests/${tag}`, accept, ...login }, true)
const { config, layers } = JSON.parse(bytes.toString()) as { config: { digest: string }; layers: { digest: string }[] }
await Promise.all(
  [config, ...layers].map(({ digest }) => rawGet({ url: `${url}/v2/${repository}/blobs/${digest}`, ...login })),
)
process.stdout.write(String(performance.now() - begun))
