import { randomUUID } from 'node:crypto'
import { controlPlaneSigner } from '../../registry/ports/control-plane-signer.js'

/** A data plane in another process, and the secret that proves to it that the control plane sends a request. */
export interface DataPlaneAddress {
  /** For example `http://127.0.0.1:4510`; also of a balancer in front of several. */
  readonly origin: string
  /** The installation's. */
  readonly secret: string
}

interface Unsigned {
  readonly method: 'GET' | 'POST'
  /** With its query. */
  readonly path: string
  readonly body?: string
}

/**
 * The headers of a request to a data plane, signed with Signature Version 4: good for this method, path, query and body,
 * for a few minutes and once, for an invocation id makes each signature another one. A balancer may lead to another host
 * than the one named, so a name that all planes know is signed for the host.
 */
export async function signedHeaders(
  { method, path, body }: Unsigned,
  secret: string,
): Promise<Readonly<Record<string, string>>> {
  const { default: aws4 } = await import('aws4')
  const { service, region, accessKeyId, host } = controlPlaneSigner
  const headers = {
    host,
    'amz-sdk-invocation-id': randomUUID(),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const wanted = { method, path, service, region, headers, ...(body !== undefined && { body }) }
  const signed = aws4.sign(wanted, { accessKeyId, secretAccessKey: secret }).headers ?? {}
  const sent = Object.entries(signed).filter(([name]) => !SET_BY_THE_CLIENT.has(name.toLowerCase()))
  return Object.fromEntries(sent.map(([name, value]) => [name, String(value)]))
}

/** Of the connection, and of the body. */
const SET_BY_THE_CLIENT: ReadonlySet<string> = new Set(['host', 'content-length'])
