import type { Leases } from '../ports/lease.js'

/** The lease of whoever writes to an upload, so that no two processes do at a time. */
export const uploadLease = (id: string) => `upload ${id}`

/** Does what changes an upload when no other process is at it. */
export async function inChargeOf<R>(id: string, leases: Leases, work: () => Promise<R>): Promise<R> {
  const lease = await leases.acquire(uploadLease(id))
  try {
    return await work()
  } finally {
    void lease.release()
  }
}

const turns = new Map<string, Promise<unknown>>()

/** Requests to this process on one upload, one after the other: bytes have an order. */
export async function inTurn<R>(id: string, work: () => Promise<R>): Promise<R> {
  const turn = (turns.get(id) ?? Promise.resolve()).then(work, work)
  turns.set(id, turn)
  try {
    return await turn
  } finally {
    if (turns.get(id) === turn) turns.delete(id)
  }
}
