import { setTimeout as sleep } from 'node:timers/promises'
import { getManifest, rawGet } from './raw-client.js'
import { median } from './rounds.js'

/**
 * Pulls images of one layer one after the other: the manifest, then at once the layer. Started as `node
 * first-byte-client.js <registry URL> <repository> <authorization> <start of the tags> <number of images>`; prints the
 * median of the milliseconds from the request of the layer to the first byte of its body.
 */
const [url = '', repository = '', authorization = '', tags = '', count = ''] = process.argv.slice(2)

/** The time in which the servers finish their work after a pull. */
const PAUSE_MS = 50

const waits: number[] = []
for (let image = 0; image < Number(count); image++) {
  const { layers } = await getManifest({ url, repository, authorization }, `${tags}${image}`)
  const begun = performance.now()
  let firstAt: number | undefined
  const onBytes = () => {
    firstAt ??= performance.now()
    return true
  }
  await rawGet({ url: `${url}/v2/${repository}/blobs/${layers[0]?.digest ?? ''}`, onBytes, authorization })
  waits.push((firstAt ?? NaN) - begun)
  await sleep(PAUSE_MS)
}
process.stdout.write(String(median(waits)))
