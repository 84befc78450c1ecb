/** Disk space reserved for removals, which have to write a little before they free space. */
export interface Reserve {
  /** Resolves once the space is occupied, if there is enough. A start does not wait for it, a close does. */
  settled(): Promise<void>
  /** Runs work. If the disk is almost full, frees the reserve before and restores it afterwards. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** No reserve, for state in memory. */
export const noReserve: Reserve = { settled: async () => {}, during: (work) => work() }
