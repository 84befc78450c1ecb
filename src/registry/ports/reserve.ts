/** Room on the disk that is kept for removing things: also that has to write a little before it frees anything. */
export interface Reserve {
  /** Does `work` with the room that is kept, where the disk is almost full, and keeps it again afterwards. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** For state that is in memory. */
export const noReserve: Reserve = { during: (work) => work() }
