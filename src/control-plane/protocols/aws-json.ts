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
export const isForEcrPublic = (request: RequestHead): boolean => targetOf(request)[0] === ECR_PUBLIC

/** The names in `AmazonEC2ContainerRegistry_V20150921.PutImage`: of a service and its operation. */
export const targetOf = ({ headers }: RequestHead): readonly string[] => (headers['x-amz-target'] ?? '').split('.', 2)

/** Throws UnknownOperationException for a target of another service. */
function operationIn(request: RequestHead): string {
  const [service, name = ''] = targetOf(request)
  if (service !== ECR && service !== ECR_PUBLIC) throw new ServiceException('UnknownOperationException')
  return name
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
