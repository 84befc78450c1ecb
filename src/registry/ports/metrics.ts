/** The metrics of the planes. Labels have few values: neither repository names nor digests. */
export interface Metrics {
  /**
   * A request arrived. The returned function is called once it is answered, with its operation and `ok` or the error
   * code.
   */
  request(plane: 'control' | 'data'): (operation: string, outcome: string) => void
  /** A pull through the cache requested a manifest or a layer: `hit` if it is stored already. */
  cache(kind: 'manifest' | 'layer', result: 'hit' | 'miss'): void
  /** A request to an upstream ended: `ok`, or the kind of its failure. */
  upstream(question: 'resolve' | 'manifest' | 'blob' | 'referrers' | 'ping', outcome: string): void
  /** A fill starts: `received` counts bytes as they arrive, `ended` counts the outcome. */
  fill(): FillMetrics
  /** Commands were sent to the store together, in one round trip. */
  storeRoundTrip(): void
  /** A sweep removed something. */
  swept(kind: 'layer' | 'blob' | 'upload' | 'temporary', count: number): void
}

/** The metrics of a fill. */
export interface FillMetrics {
  readonly received: (bytes: number) => void
  readonly ended: (outcome: 'kept' | 'failed') => void
}

/** The response of `/metrics`. */
export interface MetricsText {
  readonly contentType: string
  readonly body: string
}

/** Metrics that count nothing, for commands and specs without a server. */
export const noMetrics: Metrics = {
  request: () => () => {},
  cache() {},
  upstream() {},
  fill: () => ({ received() {}, ended() {} }),
  storeRoundTrip() {},
  swept() {},
}
