import { pinning } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { bareServer, emulator } from './servers.js'
import { signedCall } from './signature.js'
import { comparison, perSecond } from './table.js'
import { wrk } from './wrk.js'

const REPOSITORIES = 5

/**
 * The cost of a signed call compared with a server that only verifies the signature: authorization, validation, records
 * and answer.
 */
export const signedCalls: Section = { name: 'signed', needs: ['wrk'], measure }

async function measure({ main, rounds, seconds }: Extent) {
  await using ours = await emulator({ main, cpu: pinning?.server })
  for (let n = 1; n <= REPOSITORIES; n++) await ours.call('CreateRepository', { repositoryName: `team/app-${n}` })
  const operations = ['DescribeRepositories', 'GetAuthorizationToken']
  const answers: Record<string, string> = {}
  for (const operation of operations) answers[operation] = await ours.call(operation)
  await using bare = await bareServer(answers)

  const rows = []
  for (const operation of operations) {
    const rate = async (url: string) => {
      const call = signedCall(new URL(url).host, operation)
      return (await wrk({ url: `${url}/`, ...call, connections: 16, seconds })).perSecond
    }
    const turns = { ours: () => rate(ours.url), bare: () => rate(bare.url) }
    await interleaved(1, turns)
    const result = await interleaved(rounds, turns)
    const compared = { ours: result.ours, theirs: result.bare, than: 'bare node:http', show: perSecond }
    rows.push(comparison({ figure: `signed ${operation}`, ...compared, aim: { atLeast: 0.4 } }))
  }
  return rows
}
