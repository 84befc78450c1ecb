import type { ImportActivity } from '../../../registry/cache-rules/import-activity.js'
import { listAll } from '../../../registry/list-records.js'
import type { Store } from '../../../registry/ports/store.js'
import { installation } from '../../../registry/registry.js'

/** What the living data planes import now. */
export type LiveImports = () => Promise<readonly ImportActivity[]>

/** The dependencies of reading what data planes import. */
export interface LiveImportsDeps {
  readonly store: Pick<Store, 'importActivity'>
  /** What the data plane of this process imports, if it runs one: newer than its record. */
  readonly ownActivity?: () => ImportActivity
}

/** After how long without a beat a process counts as dead, and after how long its record is removed. */
const DEAD_AFTER_MS = 4_000
const REMOVED_AFTER_MS = 30_000

/**
 * Reads what data planes import, to be called about every second. A process is alive if its record has appeared or
 * changed since an earlier call, not too long ago by this machine's clock. So what the first call finds counts only
 * from its next beat on: it may have been left by a process that was killed.
 */
export function liveImports({ store, ownActivity }: LiveImportsDeps): LiveImports {
  let seen: ReadonlyMap<string, { readonly beat: number; readonly at: number; readonly isAlive: boolean }> | undefined

  return async () => {
    const own = ownActivity?.()
    const records = (await listAll(store.importActivity, installation)).filter(
      (record) => record.process !== own?.process,
    )
    const at = performance.now()
    const before = seen
    seen = new Map(
      records.map(({ process, beat }) => {
        const last = before?.get(process)
        return [process, last?.beat === beat ? last : { beat, at, isAlive: before !== undefined }]
      }),
    )
    const silentFor = ({ process }: ImportActivity) => at - (seen?.get(process)?.at ?? at)
    for (const record of records)
      if (silentFor(record) > REMOVED_AFTER_MS) await store.importActivity.remove(installation, record.process)
    const alive = records.filter((record) => seen?.get(record.process)?.isAlive && silentFor(record) < DEAD_AFTER_MS)
    return own ? [own, ...alive] : alive
  }
}
