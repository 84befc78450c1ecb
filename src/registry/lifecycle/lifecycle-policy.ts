/** The lifecycle policy of a repository. */
export interface LifecyclePolicy {
  /** Compacted, with the order of its keys kept: AWS returns it like that. */
  readonly text: string
  /** When it was put, in epoch milliseconds. */
  readonly putAt: number
  /** When it was last evaluated; 0 before the first time, as GetLifecyclePolicy returns it. */
  readonly lastEvaluatedAt: number
}
