import { rawGet } from './raw-client.js'

/**
 * Readers that take 64 KiB every 250 ms. Started as `node slow-readers.js <URL> <count> <seconds> [authorization]`;
 * ends after that time and prints how many of them were still connected.
 */
const [url = '', count = '0', seconds = '0', authorization] = process.argv.slice(2)
let served = 0

function slowly(): void {
  let isServed = false
  const onBytes = (_: number, resume: () => void) => {
    if (!isServed) served++
    isServed = true
    setTimeout(resume, 250)
    return false
  }
  rawGet({ url, bufferBytes: 64 * 1024, onBytes, ...(authorization && { authorization }) }).then(
    () => {},
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
}

for (let reader = 0; reader < Number(count); reader++) slowly()
setTimeout(
  () => {
    process.stdout.write(String(served))
    process.exit(0)
  },
  Number(seconds) * 1000,
)
