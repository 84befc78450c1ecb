import { ServiceException } from '../../registry/errors.js'
import type { RequestHead } from '../received-request.js'
import { readJsonBody, writeJsonBody } from './json-body.js'
import type { Protocol } from './protocol.js'
import { response } from './response.js'

/**
 * awsJson1.1, the protocol of ECR and ECR Public. The operation is named in a header. A request that names none is
 * refused in this protocol too.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export const awsJson: Protocol = {
  claims: () => true,
  operationBeforeSignature: operationIn,

  readInput(request) {
    const operation = operationIn(request)
    return { operation, input: readJsonBody(request.body, maxBytesOf(operation)) }
  },

  writeOutput: (output, { request }) => response(200, request.requestId, jsonBody(writeJsonBody(output))),
  writeError: (error, { request }) => writeJsonError(error, request.requestId),
}

/** The name of ECR, and of ECR Public, in the header that names the operation. */
const ECR = 'AmazonEC2ContainerRegistry_V20150921'
const ECR_PUBLIC = 'SpencerFrontendService'

/** Whether a call is for Amazon ECR Public. */
export const isForEcrPublic = (request: RequestHead): boolean => isForService(ECR_PUBLIC, request)

/** Whether a call names a service that is not served in this protocol. */
export const isForAnotherService = (request: RequestHead): boolean =>
  Boolean(request.headers['x-amz-target']) && !isForService(ECR, request) && !isForEcrPublic(request)

/** Whether the target of a request is this service, or an operation of it: `<service>.PutImage`. */
function isForService(service: string, { headers }: RequestHead): boolean {
  const target = headers['x-amz-target'] ?? ''
  return target.startsWith(service) && (target.length === service.length || target[service.length] === '.')
}

/** The operation that the target names, of whatever service; undefined if it names none. */
export function targetOperation({ headers }: RequestHead): string | undefined {
  const target = headers['x-amz-target'] ?? ''
  const start = target.indexOf('.') + 1
  if (start === 0) return undefined
  const end = target.indexOf('.', start)
  return end < 0 ? target.slice(start) : target.slice(start, end)
}

/** Throws UnknownOperationException for a target of another service. */
function operationIn(request: RequestHead): string {
  if (!isForService(ECR, request) && !isForEcrPublic(request)) throw new ServiceException('UnknownOperationException')
  return targetOperation(request) ?? ''
}

const MiB = 1024 * 1024

/**
 * The largest body of an operation. A layer part of 20 MiB is sent as base64, a manifest of 4 MiB with its quotes and
 * other characters escaped; policies and lists of names are much shorter.
 */
const maxBytesOf = (operation: string): number => maxBytes.get(operation) ?? 4 * MiB

const maxBytes: ReadonlyMap<string, number> = new Map([
  ['UploadLayerPart', 32 * MiB],
  ['PutImage', 12 * MiB],
])

/** A response body of this protocol. */
export const jsonBody = (text: string) => ({ type: 'application/x-amz-json-1.1', text })

/** A refusal in this protocol. */
export function writeJsonError({ code, message, details }: ServiceException, requestId: string) {
  const body = JSON.stringify({ __type: code, ...(message && { message }), ...details })
  return response(statuses.get(code) ?? 400, requestId, jsonBody(body))
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['InternalFailure', 500],
  ['ServerException', 500],
  ['RequestEntityTooLargeException', 413],
])
