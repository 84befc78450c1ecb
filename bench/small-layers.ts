import { cached, cachingEmulator } from './caching.js'
import { pushImage, type Target } from './content.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry } from './servers.js'
import { comparison, milliseconds, type Row } from './table.js'
import { timedClient } from './timed-client.js'

const REPOSITORY = 'team/app'
/** Forty layers of 200 KB. */
const SMALL = Array.from({ length: 40 }, () => 200_000)
/** The image whose layer a client waits for: one layer of 1 MB. */
const ONE_LAYER = [1_000_000]
/** Images pulled in one round of waiting for a first byte. */
const IMAGES = 8

/**
 * What a first pull costs beside its bytes: the time until the first byte of a layer, and an image of many small
 * layers. Every round pulls images that were never pulled before; the first round only warms up the processes.
 */
export const smallLayers: Section = { name: 'small', needs: ['docker-registry'], measure }

async function measure({ main, rounds }: Extent): Promise<Row[]> {
  await using upstream = await dockerRegistry()
  await using proxy = await dockerRegistry({ proxyOf: upstream.url })
  await using ours = await cachingEmulator(main, upstream)
  const through = {
    ours: cached(ours, REPOSITORY),
    proxy: { url: proxy.url, repository: REPOSITORY },
    upstream: { url: upstream.url, repository: REPOSITORY },
  }
  return [await firstByte(through, rounds), await manyLayers(through, rounds)]
}

type Through = Readonly<Record<'ours' | 'proxy' | 'upstream', Target>>

async function firstByte(through: Through, rounds: number): Promise<Row> {
  const { ours, upstream } = await compared(rounds, {
    prepare: async (round) => {
      for (let image = 0; image < IMAGES; image++)
        await pushImage(through.upstream, ONE_LAYER, `first-byte-${round}-${image}`)
    },
    turns: {
      ours: (round) => timedClient('first-byte', through.ours, `first-byte-${round}-`, IMAGES),
      upstream: (round) => timedClient('first-byte', through.upstream, `first-byte-${round}-`, IMAGES),
    },
  })
  const figure = 'time to first byte of a cold layer'
  return comparison({ figure, ours, theirs: upstream, than: 'the upstream', show: fine, aim: { atMost: 1.3 } })
}

async function manyLayers(through: Through, rounds: number): Promise<Row> {
  const { ours, proxy } = await compared(rounds, {
    prepare: async (round) => void (await pushImage(through.upstream, SMALL, `small-${round}`)),
    turns: {
      ours: (round) => timedClient('cold', through.ours, `small-${round}`),
      proxy: (round) => timedClient('cold', through.proxy, `small-${round}`),
    },
  })
  const figure = 'cold pull of 40 layers of 200 KB'
  return comparison({ figure, ours, theirs: proxy, than: 'docker-registry proxy', show: fine, aim: { atMost: 0.4 } })
}

interface Comparison<T extends string> {
  /** Pushes what a round pulls. */
  readonly prepare: (round: number) => Promise<void>
  readonly turns: Readonly<Record<T, (round: number) => Promise<number>>>
}

/** The results of the rounds after the first, in which the processes warm up. */
async function compared<T extends string>(rounds: number, { prepare, turns }: Comparison<T>) {
  for (let round = 0; round <= rounds; round++) await prepare(round)
  await interleaved(1, turns)
  const names = Object.keys(turns) as T[]
  const later = names.map((name) => [name, (round: number) => turns[name](round + 1)] as const)
  return interleaved<T>(rounds, Object.fromEntries(later) as typeof turns)
}

const fine = (value: number) => (value < 10 ? `${value.toFixed(2)} ms` : milliseconds(value))
