import type { ImportActivity } from '../../registry/cache-rules/import-activity.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Log } from '../../registry/ports/log.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { runningImports, type RunningImports } from './running-imports.js'

/** The imports of this process, which other processes can see, too. */
export interface PublishedImports extends Pick<RunningImports, 'begin' | 'transfer'> {
  /** What this process imports now, under the id of its record. */
  activity(): ImportActivity
  /** Removes the record. */
  stop(): Promise<void>
}

/** The dependencies of publishing what a process imports. */
export interface ActivityRecordDeps {
  readonly store: Pick<Store, 'importActivity'>
  readonly ids: Ids
  readonly log: Log
}

/** How often the record is written while something is in flight, in milliseconds of the machine's time. */
const WRITE_EVERY_MS = 1_000

/**
 * Counts the imports of a process, and writes them to its record once a second. What takes less than a second is
 * written to no record.
 */
export function publishedImports({ store, ids, log }: ActivityRecordDeps): PublishedImports {
  const process = ids.uuid()
  let [beat, isWritten, isStopped] = [0, false, false]
  const repetition = repeated(write, (err) =>
    log[err instanceof StoreUnavailable ? 'debug' : 'warn']({ err }, 'the progress of imports cannot be shown'),
  )
  const imports = runningImports(() => {
    if (!isStopped) repetition.start()
  })
  const activity = (): ImportActivity => ({ process, beat, ...imports.activity() })

  /** Writes the record, or removes it once there is nothing to show any more. */
  async function write(): Promise<void> {
    beat++
    const current = activity()
    const hasShown = current.imports.length + current.transfers.length > 0
    if (!isStopped && (imports.isBusy() || (isWritten && hasShown))) {
      // Before the write, because one whose answer is lost may have been executed.
      isWritten = true
      return store.importActivity.put(installation, process, current)
    }
    repetition.pause()
    if (isWritten) await store.importActivity.remove(installation, process)
    isWritten = false
  }

  return {
    begin: (plan) => imports.begin(plan),
    transfer: (digest, fill) => imports.transfer(digest, fill),
    activity,
    async stop() {
      isStopped = true
      await repetition.last()
    },
  }
}

/** Does work once a second, but never twice at the same time. */
function repeated(work: () => Promise<void>, onFailure: (error: unknown) => void) {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  const run = () => {
    running ??= work()
      .catch(onFailure)
      .finally(() => (running = undefined))
    return running
  }
  const pause = () => {
    clearInterval(timer)
    timer = undefined
  }
  return {
    start: () => void (timer ??= setInterval(() => void run(), WRITE_EVERY_MS).unref()),
    pause,
    /** Pauses, and works a last time. */
    async last() {
      pause()
      await running
      await run()
    },
  }
}
