/**
 * The record that pulls by a user or role do not count as pulls of an image.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-time-update-exclusions.html
 */
export interface PullTimeExclusion {
  readonly principalArn: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}
