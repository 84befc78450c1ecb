import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Traces } from '../../registry/ports/traces.js'

/**
 * Traces for the OpenTelemetry SDK that the process was started with. If a request has a `traceparent` header, its span
 * is a child of the client's span. https://www.w3.org/TR/trace-context/
 */
export function openTelemetryTraces(version: string): Traces {
  const tracer = trace.getTracer('ecr-local', version)
  return {
    request(headers, attributes, work) {
      const sender = propagation.extract(context.active(), headers)
      const options = { kind: SpanKind.SERVER, attributes }
      return tracer.startActiveSpan('request', options, sender, (span) =>
        withSpan(span, () =>
          work({
            ended(name, facts, failure) {
              span.updateName(name).setAttributes(facts)
              if (failure === undefined) return
              span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR })
            },
          }),
        ),
      )
    },
    part(kind, name, attributes, work) {
      const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes }
      return tracer.startActiveSpan(name, options, (span) => withSpan(span, work))
    },
  }
}

async function withSpan<R>(span: Span, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const { name, message } = error as Error
    span.setAttribute('error.type', name).setStatus({ code: SpanStatusCode.ERROR, message })
    throw error
  } finally {
    span.end()
  }
}
