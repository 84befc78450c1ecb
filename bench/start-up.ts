import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { bareServer, emulator } from './servers.js'
import { comparison, milliseconds } from './table.js'

const AIM_RATIO = 2.5

/** The time from the start to the first answer of `/health`, with a data directory that does not exist yet. */
export const startUp: Section = { name: 'start-up', needs: [], measure }

async function measure({ main, rounds }: Extent) {
  const turns = {
    async ours() {
      await using server = await emulator({ main })
      return server.answeredAfterMs
    },
    async bare() {
      await using server = await bareServer({})
      return server.answeredAfterMs
    },
  }
  await interleaved(1, turns)
  const { ours, bare } = await interleaved(rounds + 2, turns)
  const figure = 'start to first answer'
  const aim = { atMost: AIM_RATIO }
  return [comparison({ figure, ours, theirs: bare, than: 'bare node:http', show: milliseconds, aim })]
}
