import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { FaultyUpstream } from '../../support/faulty-upstream.js'
import { registryClient, type Addresses, type RegistryClient } from '../../support/registry-client.js'
import { digestOf, makeImage } from '../../support/upstream-content.js'

/** The figures of a run. The last two must be empty, whatever happened. */
export interface Figures {
  faults: number
  requests: number
  /** Requests that were refused or cut off while something was broken; clients retry them. */
  failures: number
  wrongAnswers: string[]
  lostWrites: string[]
}

export const newFigures = (): Figures => ({ faults: 0, requests: 0, failures: 0, wrongAnswers: [], lostWrites: [] })

/** A path below `/v2/` whose content was acknowledged, and the digest of that content. */
export interface Acknowledged {
  readonly path: string
  readonly digest: string
}

/** Clients that push, pull through and pull again until they are stopped, and that retry after every failure. */
export interface Load {
  readonly acknowledged: Acknowledged[]
  /** Resolves once this many more things have been acknowledged. */
  progress(count: number): Promise<void>
  /** Stops the clients and waits until each has finished its current work. */
  stop(): Promise<void>
}

/** The installation that a load runs against. */
export interface LoadTarget extends Addresses {
  /** The token of the last login. */
  readonly token: () => string
  readonly upstream: FaultyUpstream
  readonly figures: Figures
  /** Distinguishes the repositories of this load from those of others. */
  readonly name: string
}

const LAYER_BYTES = 120_000
/** A client gives up on something that keeps failing for this long: nothing may stay broken. */
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

/** Pulls things again that were acknowledged some time ago, from whichever plane answers. */
async function checking(run: Run): Promise<void> {
  for (let count = 0; !run.state.stopped; count++) {
    const known = run.acknowledged[(count * 7919) % Math.max(1, run.acknowledged.length)]
    if (known) await untilDone(`pull of ${known.path}`, run, () => pullRight(known, run))
    await pause(5)
  }
}

/** Records a wrong or a lost answer. Throws if the content was not served. */
async function pullRight({ path, digest }: Acknowledged, { client, figures, acknowledged }: Run): Promise<void> {
  const { status, body } = await client.get(path)
  if (status === 200 && digestOf(body) !== digest) figures.wrongAnswers.push(`${path} was served as ${digestOf(body)}`)
  if (status === 404 && acknowledged.some((known) => known.path === path))
    figures.lostWrites.push(`${path}: 404 ${body.toString().slice(0, 200)}`)
  if (status !== 200) throw new Error(`${path}: ${status} ${body.toString().slice(0, 200)}`)
}

/**
 * Retries the work until it succeeds. Returns false if the load was stopped first. Throws if the work keeps failing.
 */
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

/** Pulls everything that was acknowledged and records what is missing or different. */
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

/** Retries, because a balancer may still send requests to a plane that is gone. */
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
