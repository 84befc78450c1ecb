/** Disk space reserved for removals, which have to write a little before they free space. */
export interface Reserve {
  /** Runs work. If the disk is almost full, frees the reserve before and restores it afterwards. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** No reserve, for state in memory. */
export const noReserve: Reserve = { during: (work) => work() }
