/** Remembers that an entry of the configuration's seed was put in place, so that each is put in place once. */
export interface AppliedSeed {
  /** Of the entry's content: an entry with another one is put in place again. */
  readonly digest: string
  readonly appliedAt: number
}
