/** Traces of requests, for users who collect them. */
export interface Traces {
  /** Runs the work of a request as a span. If the headers name a span of the client, that is its parent. */
  request<R>(headers: Headers, facts: Facts, work: (span: Span) => Promise<R>): Promise<R>
  /** Runs a part of a request's work as a child span: of kind `client` if it is a request to another server. */
  part<R>(kind: 'client' | 'internal', name: string, facts: Facts, work: () => Promise<R>): Promise<R>
}

/** The span of a request. */
export interface Span {
  /**
   * Sets the name and attributes of the span, and the error type if the request failed because of a fault of ecr-local.
   */
  ended(name: string, facts: Facts, failure?: string): void
}

/** Attributes with names from OpenTelemetry's conventions. https://opentelemetry.io/docs/specs/semconv/ */
type Facts = Readonly<Record<string, string | number>>

type Headers = Readonly<Record<string, string | string[] | undefined>>

const noSpan: Span = { ended() {} }

/** No traces, if none are collected. */
export const noTraces: Traces = {
  request: (_headers, _facts, work) => work(noSpan),
  part: (_kind, _name, _facts, work) => work(),
}
