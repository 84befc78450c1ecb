import type { StoredPrincipal } from '../../registry/principal.js'
import { installation } from '../../registry/registry.js'
import { eachRecord, inBatches } from '../record-walk.js'
import type { SweepRun } from './sweep-run.js'

/** Principals removed in one transaction. */
const PRINCIPALS_PER_TRANSACTION = 500

/**
 * Removes the principals that no authorization token can name any more. A reset of the emulator's clock makes expired
 * tokens valid again, so the machine's clock decides.
 */
export async function sweepPrincipals(run: SweepRun): Promise<void> {
  const { store, clock, checkpoint } = run
  const isUnused = ({ keptUntil }: StoredPrincipal) => keptUntil <= clock.wall().getTime()
  const unused = async function* () {
    for await (const record of eachRecord(store.principals, installation)) if (isUnused(record)) yield record
  }
  for await (const batch of inBatches(unused(), PRINCIPALS_PER_TRANSACTION)) {
    checkpoint()
    await store.transact(installation, async ({ principals }) => {
      const current = await Promise.all(batch.map(async ({ idHash }) => principals.get(installation, idHash)))
      for (const record of current) if (record && isUnused(record)) await principals.remove(installation, record.idHash)
    })
  }
}
