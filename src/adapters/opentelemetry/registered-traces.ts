import { noTraces, type Traces } from '../../registry/ports/traces.js'

/** Where every copy of @opentelemetry/api finds what an SDK has registered. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/**
 * Traces where the process was started with an OpenTelemetry SDK (`node --import ./tracing.mjs …`), and none otherwise: then
 * nothing is loaded and nothing is spent on it.
 */
export async function registeredTraces(version: string): Promise<Traces> {
  if (!Object.hasOwn(globalThis, REGISTERED)) return noTraces
  return (await import('./opentelemetry-traces.js')).openTelemetryTraces(version)
}
