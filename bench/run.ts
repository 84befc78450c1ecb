import { availableParallelism, cpus, release } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { blobs } from './blobs.js'
import { coldPull } from './cold-pull.js'
import { decision } from './decision.js'
import { flood } from './flood.js'
import { heldUpstream } from './held-upstream.js'
import { idle } from './idle.js'
import { library } from './library.js'
import { manyTags } from './many-tags.js'
import { memory } from './memory.js'
import { pinning } from './processes.js'
import { push } from './push.js'
import { redisPulls } from './redis-pulls.js'
import type { Extent, Section } from './section.js'
import { builtMain } from './servers.js'
import { signedCalls } from './signed-calls.js'
import { smallLayers } from './small-layers.js'
import { startUp } from './start-up.js'
import { stores } from './stores.js'
import { markdown, type Row, skipped } from './table.js'
import { howToInstall, isInstalled } from './tools.js'
import { team } from './team.js'
import { twoPlanes } from './two-planes.js'
import { warmPulls } from './warm-pulls.js'

const sections: readonly Section[] = [
  startUp,
  idle,
  library,
  decision,
  signedCalls,
  warmPulls,
  blobs,
  coldPull,
  heldUpstream,
  smallLayers,
  push,
  memory,
  stores,
  redisPulls,
  twoPlanes,
  team,
  flood,
  manyTags,
]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    main: { type: 'string', default: builtMain },
  },
})
const { quick, only } = values
const extent: Extent = { main: resolve(values.main), quick, rounds: quick ? 2 : 5, seconds: quick ? 1 : 2 }

const begun = performance.now()
const say = (text: string) => process.stderr.write(`${text}\n`)
const rows: Row[] = []
for (const section of sections) {
  if (only !== undefined && !only.split(',').includes(section.name)) continue
  rows.push(...(await measured(section)))
}
const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} CPUs, Linux ${release()}, Node ${process.version}`
process.stdout.write(`\n${new Date().toISOString().slice(0, 10)}, ${machine}\n`)
if (!pinning) process.stdout.write('Servers and clients shared their CPUs: taskset or a second CPU is missing.\n')
process.stdout.write(`\n${markdown(rows)}\n`)
say(
  `\n${rows.filter(({ met }) => met === false).length} aims missed; ${Math.round((performance.now() - begun) / 1000)} s`,
)

async function measured(section: Section): Promise<Row[]> {
  const missing = section.needs.filter((tool) => !isInstalled(tool))
  if (missing.length > 0) {
    say(`${section.name}: skipped, ${howToInstall(missing)}`)
    return [skipped(section.name, howToInstall(missing))]
  }
  say(`${section.name} …`)
  const started = performance.now()
  const rows = await section.measure(extent)
  for (const { figure, ours, theirs, ratio } of rows) say(`  ${figure}: ${ours}, ${theirs}, ${ratio}`)
  say(`  ${Math.round((performance.now() - started) / 1000)} s`)
  return rows
}
