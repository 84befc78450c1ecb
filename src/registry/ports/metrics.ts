/** What the planes count. Labels are few and of few values: no names of repositories, no digests. */
export interface Metrics {
  /** A request came. Call the answer when it was answered, with the operation's name and `ok` or the refusal's code. */
  request(plane: 'control' | 'data'): (operation: string, outcome: string) => void
  /** What a pull through the cache asks for, a manifest or a layer: here, or not yet. */
  cache(kind: 'manifest' | 'layer', result: 'hit' | 'miss'): void
  /** A question to an upstream and how it ended: `ok`, or the kind of its failure. */
  upstream(question: 'resolve' | 'manifest' | 'blob' | 'referrers' | 'ping', outcome: string): void
  /** A fill begins: `received` counts bytes as they arrive, `ended` how it ended. */
  fill(): FillMetrics
  /** Commands that went to the store together and were waited for together. */
  storeRoundTrip(): void
  /** What a sweep took away. */
  swept(kind: 'layer' | 'blob' | 'upload' | 'temporary', count: number): void
}

/** What one fill counts. */
export interface FillMetrics {
  readonly received: (bytes: number) => void
  readonly ended: (outcome: 'kept' | 'failed') => void
}

/** What `/metrics` answers. */
export interface MetricsText {
  readonly contentType: string
  readonly body: string
}

/** Counts nothing: for parts that run alone. */
export const noMetrics: Metrics = {
  request: () => () => {},
  cache() {},
  upstream() {},
  fill: () => ({ received() {}, ended() {} }),
  storeRoundTrip() {},
  swept() {},
}
