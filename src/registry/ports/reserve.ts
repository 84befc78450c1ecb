/** Disk space set aside for removals, which have to write a little before they free anything. */
export interface Reserve {
  /** Runs work. If the disk is almost full, frees the reserve before it and sets it aside again afterwards. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** No reserve, for state in memory. */
export const noReserve: Reserve = { during: (work) => work() }
