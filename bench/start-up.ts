import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { bareServer, emulator } from './servers.js'
import { comparison, milliseconds } from './table.js'

const AIM_RATIO = 2.5

/**
 * The time from the start to the first answer of `/health`, with a data directory that does not exist yet, and the CPU
 * time of the process until then and of its first API call, which other work on the machine disturbs less.
 */
export const startUp: Section = { name: 'start-up', needs: [], measure }

async function measure({ main, rounds }: Extent) {
  const cpu = { ours: [] as number[], bare: [] as number[] }
  const turns = {
    async ours() {
      await using server = await emulator({ main })
      cpu.ours.push(server.cpuSeconds() * 1000)
      return server.answeredAfterMs
    },
    async bare() {
      await using server = await bareServer({})
      cpu.bare.push(server.cpuSeconds() * 1000)
      return server.answeredAfterMs
    },
  }
  await interleaved(1, turns)
  cpu.ours.pop()
  cpu.bare.pop()
  const { ours, bare } = await interleaved(rounds + 2, turns)
  const shared = { than: 'bare node:http', show: milliseconds }
  const aim = { atMost: AIM_RATIO }
  return [
    comparison({ figure: 'start to first answer', ours, theirs: bare, ...shared, aim }),
    comparison({ figure: 'CPU of a start', ours: cpu.ours, theirs: cpu.bare, ...shared }),
  ]
}
