import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../registry/ports/clock.js'
import { controlPlaneSigner } from '../../registry/ports/control-plane-signer.js'
import { signingKeyCache } from '../../sigv4/signature.js'
import { verify } from '../../sigv4/verify.js'
import { OciError } from '../oci-errors.js'

/** Checks that a request comes from a control plane in another process. */
export interface ControlPlaneRequests {
  /** Throws 403 DENIED for a request that is not signed by a control plane, is too old, or was accepted before. */
  require(req: IncomingMessage, body: Uint8Array): void
}

/** Far more than a control plane sends while a signature is valid. */
const REMEMBERED_SIGNATURES = 100_000

/**
 * Requests of a control plane are signed with Signature Version 4 and the secret that all planes of an installation
 * share. A signature is valid only for the time by which clocks may differ, and only once: accepted signatures are
 * remembered for that long to prevent replays.
 */
export function controlPlaneRequests({
  secret,
  clock,
  maxSkewSeconds,
}: {
  readonly secret: string
  readonly clock: Pick<Clock, 'wall'>
  readonly maxSkewSeconds: number
}): ControlPlaneRequests {
  const { service, accessKeyId, host } = controlPlaneSigner
  const signingKeys = signingKeyCache()
  const acceptedSignatures = new LRUCache<string, true>({
    // Not `max`, which would allocate memory for all of them at once: 5 MB and 9 ms of every start.
    maxSize: REMEMBERED_SIGNATURES,
    sizeCalculation: () => 1,
    ttl: 2 * maxSkewSeconds * 1000,
  })
  return {
    require(req, body) {
      const { method = '', url: path = '', headers } = req
      const verdict = verify(
        { method, path, headers: { ...headers, host }, body },
        {
          secretOf: (id) => (id === accessKeyId ? secret : undefined),
          service,
          now: clock.wall(),
          maxSkewSeconds,
          signingKeys,
        },
      )
      if (!verdict.valid) throw denied(verdict.code === 'MissingAuthenticationTokenException' ? '' : verdict.message)
      if (headers[INVOCATION_ID] === undefined) throw denied(`It has no ${INVOCATION_ID}.`)
      const signature = /Signature=([0-9a-f]+)/.exec(headers.authorization ?? '')?.[1] ?? ''
      if (acceptedSignatures.has(signature)) throw denied('It was sent before.')
      acceptedSignatures.set(signature, true)
    },
  }
}

const INVOCATION_ID = 'amz-sdk-invocation-id'

const denied = (why: string) =>
  new OciError(403, 'DENIED', ['The request is not signed by a control plane.', why].filter(Boolean).join(' '))
