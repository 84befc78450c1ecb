import { flood } from '../spec/support/flood.js'

/**
 * Floods a server for the given number of seconds. Started as `node flood-client.js <target as JSON> <seconds>`; prints
 * how much it sent.
 */
const [target = '{}', seconds = '0'] = process.argv.slice(2)
const waters = await flood(JSON.parse(target) as Parameters<typeof flood>[0])
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
process.stdout.write(JSON.stringify(waters.sent))
process.exit(0)
