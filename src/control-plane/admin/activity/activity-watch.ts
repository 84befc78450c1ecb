import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../../registry/ports/key-value.js'
import type { Log } from '../../../registry/ports/log.js'
import { activitySource, type ActivitySourceDeps } from './activity-source.js'
import type { EventStream } from './event-stream.js'
import { type Interest, type Watcher, watcherOf } from './watcher.js'

/** Tells any number of clients what happens: one loop reads the store for all of them, while there are any. */
export interface ActivityWatch {
  /** Tells a client what it is interested in from now on. */
  add(stream: EventStream, interest: Interest): Watcher
  remove(watcher: Watcher): void
  readonly size: number
}

/** The dependencies of watching. */
export interface ActivityWatchDeps extends ActivitySourceDeps {
  readonly log: Log
  /** Aborted when the plane stops: then all streams end. */
  readonly stopSignal?: AbortSignal
}

/** How often the store is read, in milliseconds of the machine's time; less often while it fails. */
const POLL_EVERY_MS = 400
const POLL_AFTER_FAILURE_MS = 2_000

/** A watch without clients. */
export function activityWatch(deps: ActivityWatchDeps): ActivityWatch {
  const watchers = new Set<Watcher>()
  const source = activitySource(deps)
  let isRunning = false

  /** Reads the store again and again while there are clients. After a pause, what was read is out of date. */
  async function run(): Promise<void> {
    isRunning = true
    source.pause()
    while (watchers.size > 0) {
      const hasRead = await source.read().catch((err: unknown) => reportFailure(err, deps))
      for (const watcher of watchers) watcher.tell()
      await sleep(hasRead ? POLL_EVERY_MS : POLL_AFTER_FAILURE_MS, undefined, { ref: false })
    }
    isRunning = false
  }

  deps.stopSignal?.addEventListener('abort', () => {
    for (const watcher of watchers) watcher.end()
    watchers.clear()
  })
  return {
    add(stream, interest) {
      const watcher = watcherOf(stream, interest, source)
      watchers.add(watcher)
      if (isRunning) watcher.tell()
      else void run()
      return watcher
    },
    remove: (watcher) => void watchers.delete(watcher),
    get size() {
      return watchers.size
    },
  }
}

function reportFailure(err: unknown, { log, stopSignal }: ActivityWatchDeps): false {
  const isExpected = err instanceof StoreUnavailable || stopSignal?.aborted
  log[isExpected ? 'debug' : 'warn']({ err }, 'the activity could not be read')
  return false
}
