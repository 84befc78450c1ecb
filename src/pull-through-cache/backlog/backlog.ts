import { batchesOf } from '../../coordination/event-loop.js'
import { keyedLimit } from '../../coordination/keyed-mutex.js'
import type { SingleFlight } from '../../coordination/single-flight.js'
import type { PlannedImport } from '../../registry/cache-rules/cache-rule.js'
import { ruleForRepository } from '../../registry/cache-rules/rule-for-repository.js'
import { listAll } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { planKey } from '../import-plan.js'
import type { Telemetry } from '../telemetry.js'
import type { Completion } from './completion.js'

/**
 * The imports that were planned and are not finished. A plan is a record, written with the image and removed when the image
 * is cached whole: whichever process lives carries it out, so an import outlives the pull and the process that began it.
 */
export interface Backlog {
  /**
   * Carries out one plan for a request, or joins the run that does already. Resolves when the image is cached whole; rejects
   * with what prevents it, after which the plan stays in the backlog.
   */
  complete(plan: PlannedImport, telemetry: Telemetry): Promise<void>
  /** Carries out every plan that no other process is at; resolves when these and the runs in progress here are over. */
  resume(): Promise<void>
  /** Carries out the plans that are due, now and every few seconds: also those another process left when it died. */
  watch(): void
  /** Starts nothing more; what is not finished stays planned. */
  stop(): void
}

/** What the backlog needs. */
export interface BacklogDeps {
  readonly store: Pick<Store, 'imports' | 'rules'>
  readonly clock: Pick<Clock, 'now'>
  /** How long a plan that failed is left alone. */
  readonly retryIntervalSeconds: number
  readonly singleFlight: SingleFlight
  readonly completion: Completion
  /** For plans that no request waits for. */
  readonly telemetry: Telemetry
}

/**
 * How often a plane looks for plans. Two looks show that the process that held one is dead, and a layer it was transferring
 * takes as long again: what a plane leaves when it dies is resumed within 20 s.
 */
const LOOK_EVERY_MS = 6_000

/** Plans of one account and upstream carried out at the same time, of those that no request waits for. */
const PLANS_AT_A_TIME = 10

/** The backlog of an installation, as seen by one process. */
export function backlog(deps: BacklogDeps): Backlog {
  const { store, singleFlight, completion, telemetry } = deps
  const stopping = new AbortController()
  const stopped = stopping.signal
  const runInTurn = plansInTurn(deps, (plan) =>
    singleFlight.tryDo(flightKey(plan), async (lease) => {
      // It may have been finished since it was listed.
      const isPlanned = (await store.imports.get(installation, planKey(plan))) !== undefined
      if (isPlanned) await completion(plan, { lease, stopped, telemetry })
    }),
  )

  async function completeAll(plans: readonly PlannedImport[]): Promise<void> {
    const runs: Promise<void>[] = []
    for await (const batch of batchesOf(plans)) for (const plan of batch) runs.push(runInTurn(plan))
    await Promise.allSettled(runs)
  }

  const look = () =>
    void duePlans(deps)
      .then(completeAll)
      .catch((err: unknown) => logFailedLook(err, telemetry))
  let timer: NodeJS.Timeout | undefined

  return {
    complete: (plan, ofRequest) =>
      singleFlight.do(flightKey(plan), (lease) => completion(plan, { lease, stopped, telemetry: ofRequest })),
    resume: async () => completeAll(await listAll(store.imports, installation)),
    watch() {
      timer ??= setInterval(look, LOOK_EVERY_MS).unref()
      look()
    },
    stop() {
      stopping.abort()
      clearInterval(timer)
    },
  }
}

const flightKey = (plan: PlannedImport) => `complete ${planKey(plan)}`

/** All plans but those that failed a short while ago. */
async function duePlans({ store, clock, retryIntervalSeconds }: BacklogDeps): Promise<PlannedImport[]> {
  const [plans, now] = await Promise.all([listAll(store.imports, installation), clock.now()])
  const isOld = (failedAt: number) => now.getTime() - failedAt >= retryIntervalSeconds * 1000
  return plans.filter(({ failedAt }) => failedAt === undefined || isOld(failedAt))
}

/** That the store is unavailable is reported by its own outage log. */
function logFailedLook(err: unknown, { log }: Telemetry): void {
  log[err instanceof StoreUnavailable ? 'debug' : 'warn']({ err }, 'planned imports could not be looked for')
}

/** Runs plans a few at a time for each account and upstream, and each plan once, however often it is listed meanwhile. */
function plansInTurn({ store }: BacklogDeps, work: (plan: PlannedImport) => Promise<void>) {
  const queued = new Map<string, Promise<void>>()
  const limit = keyedLimit(PLANS_AT_A_TIME)

  async function run(plan: PlannedImport): Promise<void> {
    const rule = await ruleForRepository(store, plan, plan.repository)
    await limit(keyOf(plan.account, rule?.upstreamRegistryUrl ?? ''), () => work(plan))
  }

  return (plan: PlannedImport): Promise<void> => {
    const key = planKey(plan)
    const running = queued.get(key) ?? run(plan).finally(() => queued.delete(key))
    queued.set(key, running)
    return running
  }
}
