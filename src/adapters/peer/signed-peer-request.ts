import { controlPlaneSigner } from '../../registry/ports/control-plane-signer.js'
import type { Ids } from '../../registry/ports/ids.js'

/** A data plane in another process, and what proves to it that a request comes from a control plane. */
export interface RemoteDataPlane {
  /** For example `http://127.0.0.1:4510`; may be that of a load balancer in front of several data planes. */
  readonly origin: string
  /** The secret of the installation, which both planes know. */
  readonly secret: string
  readonly ids: Ids
}

/** A request to a data plane before it is signed. */
export interface PeerRequest {
  readonly method: 'GET' | 'POST'
  /** With its query. */
  readonly path: string
  readonly body?: string
}

/**
 * Signs a request and sends it once, on a connection of its own. A response that takes longer than `timeoutMs` is an
 * error; 0 means no limit. Throws the errors of undici.
 */
export async function sendSigned(
  request: PeerRequest,
  dataPlane: RemoteDataPlane,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  const { default: Agent } = await import('undici/lib/dispatcher/agent.js')
  const { default: send } = await import('undici/lib/api/api-request.js')
  const { method, path, body } = request
  const agent = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  try {
    const headers = await signedHeaders(request, dataPlane)
    const { origin } = dataPlane
    const response = await send.call(agent, { origin, path, method, headers, ...(body !== undefined && { body }) })
    return { status: response.statusCode, text: await response.body.text() }
  } finally {
    await agent.destroy()
  }
}

/**
 * The headers of a request to a data plane, signed with Signature Version 4. They are valid for this method, path,
 * query and body, for a few minutes, and once: the invocation id makes every signature different. A load balancer may
 * set another Host header, so the signature covers a host name that all planes know instead.
 */
export async function signedHeaders(
  { method, path, body }: PeerRequest,
  { secret, ids }: Pick<RemoteDataPlane, 'secret' | 'ids'>,
): Promise<Readonly<Record<string, string>>> {
  const { default: aws4 } = await import('aws4')
  const { service, region, accessKeyId, host } = controlPlaneSigner
  const headers = {
    host,
    'amz-sdk-invocation-id': ids.uuid(),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const unsigned = { method, path, service, region, headers, ...(body !== undefined && { body }) }
  const signature = aws4.sign(unsigned, { accessKeyId, secretAccessKey: secret })
  const entries = Object.entries(signature.headers ?? {}).filter(([name]) => !SET_BY_UNDICI.has(name.toLowerCase()))
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

/** Headers that undici derives from the URL and the body. */
const SET_BY_UNDICI: ReadonlySet<string> = new Set(['host', 'content-length'])
