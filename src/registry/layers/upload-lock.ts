import { keyedMutex } from '../../coordination/keyed-mutex.js'
import type { Leases } from '../ports/lease.js'

/** The lease of the process that writes to an upload, so that no two processes do at a time. */
export const uploadLease = (id: string) => `upload ${id}`

/** Changes an upload while no other process does. */
export async function underUploadLease<R>(id: string, leases: Leases, work: () => Promise<R>): Promise<R> {
  const lease = await leases.acquire(uploadLease(id))
  try {
    return await work()
  } finally {
    void lease.release()
  }
}

/** Requests to this process that change one upload go one after the other, because its bytes have an order. */
export const uploadMutex = keyedMutex()
