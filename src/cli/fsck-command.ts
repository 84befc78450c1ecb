import type { Config } from '../config.js'
import { fsck as check } from '../registry/garbage/fsck.js'
import type { Log } from '../registry/ports/log.js'
import { amountOf, numberOf } from '../server/amounts.js'
import { openExistingStorage } from './existing-storage.js'

/** What fsck has to say, and whether all is well now. */
export interface FsckOutcome {
  readonly text: string
  readonly ok: boolean
}

/**
 * Compares every blob with its digest and every record with the blobs, and with `repair` mends what can be mended. Planes
 * may run meanwhile. Throws UsageError where nothing is kept.
 */
export async function fsck(config: Config, { repair }: { repair: boolean }, log: Log): Promise<FsckOutcome> {
  const storage = await openExistingStorage(config, 'fsck', log)
  try {
    const { blobs, bytes, images, findings } = await storage.reserve.during(() => check(storage, { repair }))
    const { found, repaired } = findings
    const looked = `${numberOf(blobs, 'blob')} (${amountOf(bytes)}) and ${numberOf(images, 'image')} looked at`
    const lines = [...findings.lines(), `${looked}: ${outcomeOf(found, repaired, repair)}.`]
    return { text: `${lines.join('\n')}\n`, ok: found === repaired }
  } finally {
    await storage.close()
  }
}

function outcomeOf(found: number, repaired: number, repair: boolean): string {
  if (found === 0) return 'nothing is wrong'
  const left = found - repaired
  if (left === 0) return `${numberOf(repaired, 'thing')} wrong, all mended`
  if (repair) return `${numberOf(found, 'thing')} wrong, ${repaired} mended`
  return `${numberOf(found, 'thing')} wrong; --repair mends what can be mended`
}
