import { pinning, type Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { bareServer, emulator } from './servers.js'
import { signedCall } from './signature.js'
import { comparison, perCpuSecond } from './table.js'
import { wrk } from './wrk.js'

const REPOSITORIES = 5

/** Calls that are answered before the first round, because V8 optimizes a function only once it is hot. */
const WARM_UP_CALLS = 15_000
const WARM_UP_ROUNDS = 8

const AIMS = { DescribeRepositories: 0.45, GetAuthorizationToken: 0.6 } as const

/**
 * The cost of a signed call compared with a server that only verifies the signature: authorization, validation, records
 * and answer.
 */
export const signedCalls: Section = { name: 'signed', needs: ['wrk'], measure }

async function measure({ main, rounds }: Extent) {
  await using ours = await emulator({ main, cpu: pinning?.server })
  for (let n = 1; n <= REPOSITORIES; n++) await ours.call('CreateRepository', { repositoryName: `team/app-${n}` })
  const answers: Record<string, string> = {}
  for (const operation of Object.keys(AIMS)) answers[operation] = await ours.call(operation)
  await using bare = await bareServer(answers)

  const rows = []
  for (const [operation, atLeast] of Object.entries(AIMS)) {
    await warmUp(ours, operation)
    await warmUp(bare, operation)
    const result = await interleaved(rounds, {
      ours: async () => (await callsOf(ours, operation)).perCpuSecond,
      bare: async () => (await callsOf(bare, operation)).perCpuSecond,
    })
    const compared = { ours: result.ours, theirs: result.bare, than: 'bare node:http', show: perCpuSecond }
    rows.push(comparison({ figure: `signed ${operation}`, ...compared, aim: { atLeast } }))
  }
  return rows
}

/** Sends signed calls for a second. Counts them, also for each second of CPU that the server has used for them. */
async function callsOf(server: Server, operation: string) {
  const call = signedCall(new URL(server.url).host, operation)
  const before = server.cpuSeconds()
  const { requests } = await wrk({ url: `${server.url}/`, ...call, connections: 16, seconds: 1 })
  return { requests, perCpuSecond: requests / (server.cpuSeconds() - before) }
}

async function warmUp(server: Server, operation: string): Promise<void> {
  let calls = 0
  for (let round = 0; round < WARM_UP_ROUNDS && calls < WARM_UP_CALLS; round++)
    calls += (await callsOf(server, operation)).requests
}
