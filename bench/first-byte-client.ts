import { setTimeout as sleep } from 'node:timers/promises'
import { rawGet } from './raw-client.js'
import { median } from './rounds.js'

/**
 * Pulls images of one layer one after the other: the manifest, then at once the layer. Started as `node
 * first-byte-client.js <registry URL> <repository> <start of the tags> <number of images> [authorization]`; prints the
 * median of the milliseconds from the request of the layer to the first byte of its body.
 */
const [url = '', repository = '', tags = '', count = '', authorization] = process.argv.slice(2)
const login = authorization === undefined ? {} : { authorization }
const accept = 'application/vnd.oci.image.manifest.v1+json'

/** In which the servers end what they do after a pull. */
const PAUSE_MS = 50

const waits: number[] = []
for (let image = 0; image < Number(count); image++) {
  const bytes = await rawGet({ url: `${url}/v2/${repository}/manifests/${tags}${image}`, accept, ...login }, true)
  const { layers } = JSON.parse(bytes.toString()) as { layers: { digest: string }[] }
  const begun = performance.now()
  let firstAt: number | undefined
  const onBytes = () => {
    firstAt ??= performance.now()
    return true
  }
  await rawGet({ url: `${url}/v2/${repository}/blobs/${layers[0]?.digest ?? ''}`, onBytes, ...login })
  waits.push((firstAt ?? NaN) - begun)
  await sleep(PAUSE_MS)
}
process.stdout.write(String(median(waits)))
