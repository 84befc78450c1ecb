import { pinning, type Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { bareServer, emulator } from './servers.js'
import { signedCall } from './signature.js'
import { comparison, perCpuSecond, perSecond } from './table.js'
import { type Load, warmUp, wrk } from './wrk.js'

const REPOSITORIES = 5

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
  await using bare = await bareServer(answers, pinning?.server)

  const rows = []
  for (const [operation, atLeast] of Object.entries(AIMS)) {
    for (const server of [ours, bare]) await warmUp(loadOn(server, operation))
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

/** Signed calls over sixteen connections. */
const loadOn = ({ url }: Server, operation: string): Load => ({
  ...signedCall(new URL(url).host, operation),
  url: `${url}/`,
  connections: 16,
  cpu: pinning?.client,
})

/** Counts the calls for each second, and for each second of CPU that the server has used for them. */
async function callsOf(server: Server, operation: string, seconds: number) {
  const before = server.cpuSeconds()
  const measured = await wrk(loadOn(server, operation), seconds)
  return { ...measured, perCpuSecond: measured.requests / (server.cpuSeconds() - before) }
}
