/** A lease that this process holds, as far as it knows. */
export interface HeldLease {
  readonly name: string
  /** Unique to this holding: a process that loses a lease and gets it again is a different owner. */
  readonly owner: string
  readonly fence: number
  /** Records that the store has confirmed the lease in answer to a request sent at `sentAt`, by `performance.now()`. */
  confirm(sentAt: number): void
  /** Records that another process has taken the lease. */
  lose(): void
  isLost(): boolean
}

/** A lease that has not been confirmed for `deadAfterMs` counts as lost: other processes may have taken it by then. */
export function heldLease(
  facts: Pick<HeldLease, 'name' | 'owner' | 'fence'> & { readonly deadAfterMs: number; readonly acquiredAt: number },
): HeldLease {
  const { name, owner, fence, deadAfterMs } = facts
  let confirmedAt = facts.acquiredAt
  let wasTaken = false
  return {
    name,
    owner,
    fence,
    confirm: (sentAt) => void (confirmedAt = sentAt),
    lose: () => void (wasTaken = true),
    isLost: () => wasTaken || performance.now() - confirmedAt >= deadAfterMs,
  }
}
