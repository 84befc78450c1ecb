/** A lease this process holds, as far as it knows. */
export interface Holding {
  readonly name: string
  /** Of this one holding: one who lost a lease and got it again is somebody else. */
  readonly owner: string
  readonly fence: number
  /** The store confirmed it in answer to a request made at this moment, by our own watch. */
  confirm(sentAt: number): void
  lose(): void
  isLost(): boolean
}

/** One that could not be confirmed for as long as others wait before they take it over counts as lost. */
export function holding(
  facts: Pick<Holding, 'name' | 'owner' | 'fence'> & { readonly deadAfterMs: number; confirmedAt: number },
): Holding {
  const { name, owner, fence, deadAfterMs } = facts
  let { confirmedAt } = facts
  let wasTaken = false
  return {
    ...{ name, owner, fence },
    confirm: (sentAt) => void (confirmedAt = sentAt),
    lose: () => void (wasTaken = true),
    isLost: () => wasTaken || performance.now() - confirmedAt >= deadAfterMs,
  }
}
