/** Where the planes tell how a request's time was spent, for those who collect traces. */
export interface Traces {
  /** Runs the work of a request as a span, below the one its headers name where its sender traces, too. */
  request<R>(headers: Headers, facts: Facts, work: (span: Span) => Promise<R>): Promise<R>
  /** Runs a part of a request's work as a span below the request's: `client` where another server does it. */
  part<R>(kind: 'client' | 'internal', name: string, facts: Facts, work: () => Promise<R>): Promise<R>
}

/** The span of a request. */
export interface Span {
  /** Tells what the request turned out to be, and, where it is our fault that it failed, why. */
  ended(name: string, facts: Facts, failure?: string): void
}

/** Attributes, by their names in OpenTelemetry's conventions. https://opentelemetry.io/docs/specs/semconv/ */
export type Facts = Readonly<Record<string, string | number>>

type Headers = Readonly<Record<string, string | string[] | undefined>>

const noSpan: Span = { ended() {} }

/** Tells nobody: where no traces are collected. */
export const noTraces: Traces = {
  request: (_headers, _facts, work) => work(noSpan),
  part: (_kind, _name, _facts, work) => work(),
}
