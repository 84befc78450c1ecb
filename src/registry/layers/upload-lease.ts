import type { Leases } from '../ports/lease.js'

/** The name of the lease that allows only one process at a time to write to an upload. */
export const uploadLease = (id: string) => `upload ${id}`

/**
 * Runs work that changes an upload while this process holds the upload's lease. Waits for another process that holds
 * it.
 */
export async function withUploadLease<R>(id: string, leases: Leases, work: () => Promise<R>): Promise<R> {
  const lease = await leases.acquire(uploadLease(id))
  try {
    return await work()
  } finally {
    void lease.release()
  }
}
