import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { FaultyUpstream } from '../../support/faulty-upstream.js'
import { registryClient, type Addresses, type RegistryClient } from '../../support/registry-client.js'
import { digestOf, makeImage } from '../../support/upstream-content.js'

/** What a run of faults comes to: the last two have to be 0, whatever happened. */
export interface Figures {
  faults: number
  requests: number
  /** Requests that were refused or cut off while something was broken; clients try again. */
  failures: number
  wrongAnswers: string[]
  lostWrites: string[]
}

export const newFigures = (): Figures => ({ faults: 0, requests: 0, failures: 0, wrongAnswers: [], lostWrites: [] })

/** A path below `/v2/` that somebody was told is there, and the digest of what it answers. */
export interface Acknowledged {
  readonly path: string
  readonly digest: string
}

/** Clients that push, pull through and pull again until they are stopped, and try again whatever goes wrong. */
export interface Load {
  readonly acknowledged: Acknowledged[]
  /** Resolves when so many more things have been acknowledged. */
  progress(count: number): Promise<void>
  /** Lets everybody finish what they are at. */
  stop(): Promise<void>
}

/** What a load is put on. */
export interface LoadTarget extends Addresses {
  /** The token of the last login. */
  readonly token: () => string
  readonly upstream: FaultyUpstream
  readonly figures: Figures
  /** Sets the names of one load apart from another's. */
  readonly name: string
}

const LAYER_BYTES = 120_000
/** A client gives a thing up that keeps failing for this long: nothing may stay broken. */
const PATIENCE_MS = 60_000

export function startLoad(target: LoadTarget): Load {
  const acknowledged: Acknowledged[] = []
  const state = { stopped: false }
  const client = registryClient(target, target.token, () => void target.figures.requests++)
  const run: Run = { ...target, client, acknowledged, state }
  const workers = [
    ...['a', 'b'].map((worker) => pushing(`${target.name}-push-${worker}`, run)),
    ...['a', 'b'].map((worker) => pullingThrough(`${target.name}-pull-${worker}`, run)),
    checking(run),
  ]
  const all = Promise.all(workers)
  all.catch(() => (state.stopped = true))
  return {
    acknowledged,
    async progress(count) {
      const aim = acknowledged.length + count
      while (acknowledged.length < aim && !state.stopped) await pause(5)
      if (state.stopped) await all
    },
    async stop() {
      state.stopped = true
      await all
    },
  }
}

interface Run extends LoadTarget {
  readonly client: RegistryClient
  readonly acknowledged: Acknowledged[]
  readonly state: { stopped: boolean }
}

async function pushing(name: string, run: Run): Promise<void> {
  for (let count = 0; !run.state.stopped; count++) {
    const repository = `${name}/${count % 5}`
    const { image, blobs } = makeImage({ seed: `${name} ${count}`, layers: 1, layerSize: LAYER_BYTES })
    const done = await untilDone(`push of ${repository}:v${count}`, run, async () => {
      await run.client.createRepository(repository).catch(unlessItExists)
      for (const blob of blobs) await run.client.pushBlob(repository, blob)
      await run.client.pushManifest(repository, `v${count}`, image.bytes)
    })
    if (!done) return
    for (const reference of [`v${count}`, image.digest])
      run.acknowledged.push({ path: `${repository}/manifests/${reference}`, digest: image.digest })
    for (const digest of [image.config, ...image.layers])
      run.acknowledged.push({ path: `${repository}/blobs/${digest}`, digest })
  }
}

const unlessItExists = (error: Error) => {
  if (error.name !== 'RepositoryAlreadyExistsException') throw error
}

async function pullingThrough(name: string, run: Run): Promise<void> {
  for (let count = 0; !run.state.stopped; count++) {
    const repository = `${name}/${count}`
    const image = run.upstream.addImage(repository, {
      ...{ seed: repository, tag: 'latest', layers: 2, layerSize: LAYER_BYTES },
    })
    const wanted = [
      { path: 'manifests/latest', digest: image.digest },
      { path: `manifests/${image.digest}`, digest: image.digest },
      ...[image.config, ...image.layers].map((digest) => ({ path: `blobs/${digest}`, digest })),
    ]
    for (const { path, digest } of wanted) {
      const full = { path: `ecr-public/${repository}/${path}`, digest }
      if (!(await untilDone(`pull of ${full.path}`, run, () => pullRight(full, run)))) return
      run.acknowledged.push(full)
    }
  }
}

/** Pulls again what was acknowledged some time ago, from whichever plane answers. */
async function checking(run: Run): Promise<void> {
  for (let count = 0; !run.state.stopped; count++) {
    const known = run.acknowledged[(count * 7919) % Math.max(1, run.acknowledged.length)]
    if (known) await untilDone(`pull of ${known.path}`, run, () => pullRight(known, run))
    await pause(5)
  }
}

/** Throws where there is no answer to go by; an answer that is wrong is written down. */
async function pullRight({ path, digest }: Acknowledged, { client, figures, acknowledged }: Run): Promise<void> {
  const { status, body } = await client.get(path)
  if (status === 200 && digestOf(body) !== digest) figures.wrongAnswers.push(`${path} was served as ${digestOf(body)}`)
  if (status === 404 && acknowledged.some((known) => known.path === path))
    figures.lostWrites.push(`${path}: 404 ${body.toString().slice(0, 200)}`)
  if (status !== 200) throw new Error(`${path}: ${status} ${body.toString().slice(0, 200)}`)
}

/** Does it again and again; false where the load ended before it was done. Throws what stays broken. */
async function untilDone(what: string, { state, figures }: Run, work: () => Promise<void>): Promise<boolean> {
  const begun = performance.now()
  for (let attempt = 0; ; attempt++) {
    try {
      await work()
      return true
    } catch (error) {
      figures.failures++
      if (performance.now() - begun > PATIENCE_MS)
        throw new Error(`the ${what} keeps failing: ${String(error)}`, { cause: error })
      if (state.stopped) return false
      await pause(Math.min(20 * 2 ** attempt, 500))
    }
  }
}

/** Pulls all that was acknowledged; what is missing or different is written down. */
export async function verify(
  target: Pick<LoadTarget, 'figures'> & Addresses & { readonly token: string | (() => string) },
  all: readonly Acknowledged[],
) {
  const client = registryClient(target, target.token, () => void target.figures.requests++)
  for (const { path, digest } of all) {
    const { status, body } = await patient(() => client.get(path))
    if (status !== 200) target.figures.lostWrites.push(`${path}: ${status} ${body.toString().slice(0, 200)}`)
    else if (hashOf(body, digest) !== digest) target.figures.wrongAnswers.push(`${path} was served as something else`)
  }
}

/** A balancer may still know a plane that is gone: three connections find a living one. */
async function patient<R extends { status: number }>(ask: () => Promise<R>): Promise<R> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask().catch((error: unknown) => {
      if (attempt > 20) throw error
      return undefined
    })
    if (answer && (answer.status < 500 || attempt > 20)) return answer
    await pause(250)
  }
}

function hashOf(body: Buffer, digest: string): string {
  const algorithm = digest.split(':')[0] ?? 'sha256'
  return `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`
}
