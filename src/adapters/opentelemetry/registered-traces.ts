import { noTraces, type Traces } from '../../registry/ports/traces.js'

/** The global under which all copies of @opentelemetry/api share the registered SDK. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/**
 * Traces if the process was started with an OpenTelemetry SDK (`node --import ./tracing.mjs …`). Without one there are
 * no traces, and the library is not loaded.
 */
export async function registeredTraces(version: string): Promise<Traces> {
  if (!Object.hasOwn(globalThis, REGISTERED)) return noTraces
  return (await import('./opentelemetry-traces.js')).openTelemetryTraces(version)
}
