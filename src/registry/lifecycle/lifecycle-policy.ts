/** The lifecycle policy of a repository. */
export interface LifecyclePolicy {
  readonly repository: string
  /** Compacted, with the order of its keys kept: AWS returns it like that. */
  readonly text: string
  /** When it was put, in epoch milliseconds. */
  readonly putAt: number
  /** When it was last evaluated; 0 before the first time, as GetLifecyclePolicy returns it. */
  readonly lastEvaluatedAt: number
}

/** A policy that has just been put on a repository, with the text that `acceptLifecyclePolicy` returned. */
export const newLifecyclePolicy = (repository: string, acceptedText: string, now: Date): LifecyclePolicy => ({
  repository,
  text: acceptedText,
  putAt: now.getTime(),
  lastEvaluatedAt: 0,
})

/** How often policies are evaluated. */
export interface LifecycleSettings {
  /** The seconds from the putting of a policy to its first evaluation, and from each to the next. */
  readonly intervalSeconds: number
}

/** The service acts within 24 hours. https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html */
export const defaultLifecycle: LifecycleSettings = { intervalSeconds: 86_400 }

/** Whether a policy is to be evaluated now. */
export const isEvaluationDue = (
  { putAt, lastEvaluatedAt }: LifecyclePolicy,
  { intervalSeconds }: LifecycleSettings,
  now: Date,
): boolean => now.getTime() - Math.max(putAt, lastEvaluatedAt) >= intervalSeconds * 1000
