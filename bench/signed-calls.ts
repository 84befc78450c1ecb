import { pinning, type Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { bareServer, emulator } from './servers.js'
import { signedCall } from './signature.js'
import { comparison, perCpuSecond, perSecond } from './table.js'
import { wrk } from './wrk.js'

const REPOSITORIES = 5

/** Calls that are answered before the first round, because V8 optimizes a function only once it is hot. */
const WARM_UP_CALLS = 15_000
const WARM_UP_ROUNDS = 20

const AIMS = { DescribeRepositories: 0.45, GetAuthorizationToken: 0.6 } as const

/**
 * The cost of a signed call compared with a server that only verifies the signature: authorization, validation, records
 * and answer.
 */
export const signedCalls: Section = { name: 'signed', needs: ['wrk'], measure }

async function measure({ main, rounds, seconds }: Extent) {
  await using ours = await emulator({ main, cpu: pinning?.server })
  for (let n = 1; n <= REPOSITORIES; n++) await ours.call('CreateRepository', { repositoryName: `team/app-${n}` })
  const answers: Record<string, string> = {}
  for (const operation of Object.keys(AIMS)) answers[operation] = await ours.call(operation)
  await using bare = await bareServer(answers)

  const rows = []
  for (const [operation, atLeast] of Object.entries(AIMS)) {
    await warmUp(ours, operation)
    await warmUp(bare, operation)
    const costs: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] }
    const turn = (name: keyof typeof costs, server: Server) => async () => {
      const { perSecond: rate, perCpuSecond: perCpu } = await callsOf(server, operation, seconds)
      costs[name].push(perCpu)
      return rate
    }
    const rates = await interleaved(rounds, { ours: turn('ours', ours), bare: turn('bare', bare) })
    const than = 'bare node:http'
    const throughput = { ours: rates.ours, theirs: rates.bare, than, show: perSecond }
    const cost = { ours: costs.ours, theirs: costs.bare, than, show: perCpuSecond }
    rows.push(comparison({ figure: `signed ${operation}`, ...throughput, aim: { atLeast } }))
    rows.push(comparison({ figure: `signed ${operation}: CPU`, ...cost }))
  }
  return rows
}

/** Sends signed calls. Counts them, also for each second of CPU that the server has used for them. */
async function callsOf(server: Server, operation: string, seconds = 1) {
  const call = signedCall(new URL(server.url).host, operation)
  const before = server.cpuSeconds()
  const measured = await wrk({ url: `${server.url}/`, ...call, connections: 16, seconds })
  return { ...measured, perCpuSecond: measured.requests / (server.cpuSeconds() - before) }
}

async function warmUp(server: Server, operation: string): Promise<void> {
  let calls = 0
  for (let round = 0; round < WARM_UP_ROUNDS && calls < WARM_UP_CALLS; round++)
    calls += (await callsOf(server, operation)).requests
}
