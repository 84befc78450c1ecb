/** Something that failed in the background, where no client got an answer that says so. */
export interface Failure {
  readonly time: string
  readonly account: string
  readonly region: string
  /** What failed, for example `import of docker-hub/library/redis:7`. */
  readonly what: string
  readonly reason: string
}
