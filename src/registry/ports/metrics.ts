/** What the planes count. Labels are few and of few values: no names of repositories, no digests. */
export interface Metrics {
  /** A request answered, on either plane. `operation` is an API operation or the action of an OCI route. */
  request(plane: 'control' | 'data', operation: string, outcome: string, seconds: number): void
  /** A pull's manifest or a layer: from the cache, or not there yet. */
  cache(kind: 'manifest' | 'layer', result: 'hit' | 'miss'): void
  /** A request to an upstream and how it ended: `ok`, or the kind of its failure. */
  upstream(kind: 'resolve' | 'manifest' | 'blob', outcome: string): void
  /** A fill begins; call the answer when it ended, with the bytes it brought. */
  fill(): (outcome: 'kept' | 'failed', bytes: number) => void
  /** Commands that went to the store together and were waited for together. */
  storeRoundTrip(): void
  /** What a sweep took away. */
  swept(kind: 'layer' | 'blob' | 'upload' | 'temporary', count: number): void
}

/** Counts nothing: for parts that run alone. */
export const noMetrics: Metrics = {
  request() {},
  cache() {},
  upstream() {},
  fill: () => () => {},
  storeRoundTrip() {},
  swept() {},
}
