import { batchesOf } from '../../coordination/event-loop.js'
import { keyedLimit } from '../../coordination/keyed-mutex.js'
import type { SingleFlight } from '../../coordination/single-flight.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
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
 * The backlog of imports that are planned and not finished. A plan is a record, written together with the image and
 * removed when the image is cached completely. Any process can carry it out, so an import outlives the pull and the
 * process that began it.
 */
export interface Backlog {
  /**
   * Carries out one plan for a request, or joins the run in progress. Resolves when the image is cached completely.
   * Rejects with the error that prevents it, and leaves the plan in the backlog. The work begins once the image is
   * recorded: what it needs before, it can do meanwhile.
   */
  complete(plan: ImportPlan, telemetry: Telemetry, recorded?: Promise<unknown>): Promise<void>
  /**
   * Carries out every plan that no other process is working on. Resolves when these and all runs in progress in this
   * process have ended.
   */
  resume(): Promise<void>
  /** Carries out the plans that are due, now and every few seconds, including those of a process that has died. */
  watch(): void
  /** Starts no more plans. Unfinished ones stay in the backlog. */
  stop(): void
}

/** The dependencies of the backlog. */
export interface BacklogDeps {
  readonly store: Pick<Store, 'imports' | 'rules'>
  readonly clock: Pick<Clock, 'now'>
  /** How long to wait before a failed plan is retried. */
  readonly retryIntervalSeconds: number
  readonly singleFlight: SingleFlight
  readonly completion: Completion
  /** For plans that no request waits for. */
  readonly telemetry: Telemetry
}

/**
 * How often a plane polls for plans. Two polls show that the process that held a plan is dead, and taking over a layer
 * it was transferring takes as long again. So the work of a plane that dies is resumed within 20 s.
 */
const POLL_EVERY_MS = 6_000

/**
 * How many plans of one account and upstream are carried out at the same time, not counting those that a request waits
 * for.
 */
const PLANS_AT_A_TIME = 10

/** The backlog of an installation, as seen by one process. */
export function backlog(deps: BacklogDeps): Backlog {
  const { store, singleFlight, completion, telemetry } = deps
  const stopping = new AbortController()
  const stopSignal = stopping.signal
  const runPlan = planRunner(deps, (plan) =>
    singleFlight.tryDo(flightKey(plan), async (lease) => {
      // The plan may have been finished since it was listed.
      const isPlanned = (await store.imports.get(installation, planKey(plan))) !== undefined
      if (isPlanned) await completion(plan, { lease, stopSignal, telemetry })
    }),
  )

  async function completeAll(plans: readonly ImportPlan[]): Promise<void> {
    const runs: Promise<void>[] = []
    for await (const batch of batchesOf(plans)) for (const plan of batch) runs.push(runPlan(plan))
    await Promise.allSettled(runs)
  }

  const poll = () =>
    void duePlans(deps)
      .then(completeAll)
      .catch((err: unknown) => logFailedPoll(err, telemetry))
  let timer: NodeJS.Timeout | undefined

  return {
    async complete(plan, ofRequest, recorded) {
      // Handled here, too: it may reject while the lease is being acquired.
      recorded?.catch(() => {})
      await singleFlight.do(flightKey(plan), async (lease) => {
        await recorded
        await completion(plan, { lease, stopSignal, telemetry: ofRequest })
      })
    },
    resume: async () => completeAll(await listAll(store.imports, installation)),
    watch() {
      timer ??= setInterval(poll, POLL_EVERY_MS).unref()
      poll()
    },
    stop() {
      stopping.abort()
      clearInterval(timer)
    },
  }
}

const flightKey = (plan: ImportPlan) => `complete ${planKey(plan)}`

/** All plans except those that failed within the retry interval. */
async function duePlans({ store, clock, retryIntervalSeconds }: BacklogDeps): Promise<ImportPlan[]> {
  const [plans, now] = await Promise.all([listAll(store.imports, installation), clock.now()])
  const isOld = (failedAt: number) => now.getTime() - failedAt >= retryIntervalSeconds * 1000
  return plans.filter(({ failedAt }) => failedAt === undefined || isOld(failedAt))
}

/** Logs why plans could not be listed, unless the store is unavailable: its outage log reports that. */
function logFailedPoll(err: unknown, { log }: Telemetry): void {
  log[err instanceof StoreUnavailable ? 'debug' : 'warn']({ err }, 'planned imports could not be listed')
}

/**
 * Runs a few plans at a time for each account and upstream. A plan that is listed again while it waits or runs is not
 * run twice.
 */
function planRunner({ store }: BacklogDeps, work: (plan: ImportPlan) => Promise<void>) {
  const runs = new Map<string, Promise<void>>()
  const limit = keyedLimit(PLANS_AT_A_TIME)

  async function run(plan: ImportPlan): Promise<void> {
    const rule = await ruleForRepository(store, plan, plan.repository)
    await limit(keyOf(plan.account, rule?.upstreamRegistryUrl ?? ''), () => work(plan))
  }

  return (plan: ImportPlan): Promise<void> => {
    const key = planKey(plan)
    const running = runs.get(key) ?? run(plan).finally(() => runs.delete(key))
    runs.set(key, running)
    return running
  }
}
