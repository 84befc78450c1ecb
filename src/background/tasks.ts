import type { Leases } from '../registry/ports/lease.js'
import { StoreUnavailable } from '../registry/ports/key-value.js'
import type { Log } from '../registry/ports/log.js'
import type { Records } from '../registry/ports/store.js'

/** Work that is done again and again: whatever is due when it runs. */
export interface Task {
  /** Names the lease and the log lines. */
  readonly name: string
  /** The time from the end of one run to the start of the next, by the machine's clock. */
  readonly everyMs: number
  /** The task also runs when this process writes to one of these collections. */
  readonly watches?: readonly (keyof Records)[]
  /**
   * Whether there is anything to do. Only then is the lease taken, which writes to the store: an idle installation is
   * only read.
   */
  isDue(): Promise<boolean>
  /**
   * Does everything that is due, by the emulator's clock. It is interrupted by `stopSignal` or when the process ends,
   * and may then run again from the start: what it has done must not be done twice.
   */
  run(stopSignal: AbortSignal): Promise<void>
}

/** The lease of the process that runs a task; also of a command that does the same at once. */
export const leaseOfTask = ({ name }: Pick<Task, 'name'>): string => `task ${name}`

/** The tasks of a process while they run. */
export interface Tasks {
  /** Runs the tasks that watch this collection as soon as possible. */
  written(collection: string): void
  /** Runs every task as soon as possible, for example because the clock was advanced. */
  runSoon(): void
  /** Runs every task now, again those that these runs gave more to do, and resolves when there is no more. */
  runAll(): Promise<void>
  /** Starts no more runs, interrupts the current ones, and resolves when they have ended. */
  stop(): Promise<void>
}

/** The dependencies of running tasks. */
export interface TaskDeps {
  readonly leases: Pick<Leases, 'tryAcquire'>
  readonly log: Log
}

/** Starts the tasks. All processes of an installation are candidates; the lease decides which one runs a task. */
export function startTasks(tasks: readonly Task[], deps: TaskDeps): Tasks {
  const stopping = new AbortController()
  const loops = tasks.map((task) => ({ task, loop: startLoop(task, deps, stopping.signal) }))
  return {
    written(collection) {
      for (const { task, loop } of loops) if (task.watches?.some((name) => name === collection)) loop.runSoon()
    },
    runSoon() {
      for (const { loop } of loops) loop.runSoon()
    },
    async runAll() {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const due = loops.filter(({ loop }) => round === 0 || loop.isBusy())
        if (due.length === 0) return
        await Promise.all(due.map(({ loop }) => loop.runNow()))
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all(loops.map(({ loop }) => loop.ended()))
    },
  }
}

/** How long after a write a task runs, so that the writes of a busy moment are one run, and one lease. */
const SOON_MS = 50

/** What follows from one change is done in fewer rounds; a task that always has more to do must not keep the caller. */
const MAX_ROUNDS = 20

/** Runs one task periodically. A request to run it during a run starts another run after it. */
function startLoop(task: Task, deps: TaskDeps, stopSignal: AbortSignal) {
  let currentRun: Promise<void> | undefined
  let isRequested = false
  let timer: NodeJS.Timeout | undefined

  function schedule(milliseconds: number): void {
    clearTimeout(timer)
    if (!stopSignal.aborted) timer = setTimeout(start, milliseconds).unref()
  }

  function start(): void {
    if (currentRun) return
    isRequested = false
    currentRun = runOnce(task, deps, stopSignal).finally(() => {
      currentRun = undefined
      schedule(isRequested ? SOON_MS : task.everyMs)
    })
  }

  schedule(0)
  return {
    runSoon() {
      if (isRequested) return
      isRequested = true
      if (!currentRun) schedule(SOON_MS)
    },
    /** Whether a run is in progress, or was requested and is about to start. */
    isBusy: () => isRequested || currentRun !== undefined,
    async runNow() {
      // The run in progress may have begun before what is to be done was known.
      await currentRun
      if (!stopSignal.aborted) start()
      await currentRun
    },
    async ended() {
      clearTimeout(timer)
      await currentRun
    },
  }
}

/** Runs a task unless another process is running it. Never rejects: a run that fails is logged and repeated. */
async function runOnce(task: Task, { leases, log }: TaskDeps, stopSignal: AbortSignal): Promise<void> {
  try {
    if (!(await task.isDue())) return
    const lease = await leases.tryAcquire(leaseOfTask(task))
    if (!lease) return
    try {
      await task.run(stopSignal)
    } finally {
      await lease.release()
    }
  } catch (err) {
    if (stopSignal.aborted) return
    // The store's own outage log reports that it is unavailable.
    if (err instanceof StoreUnavailable) log.debug({ err, task: task.name }, 'a task is waiting for the store')
    else log.warn({ err, task: task.name }, 'a task failed and will run again')
  }
}
