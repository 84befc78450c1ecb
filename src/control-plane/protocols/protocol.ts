import type { HttpResponse } from '@smithy/protocol-http'
import type { ServiceException } from '../../registry/errors.js'
import type { ReceivedRequest, RequestHead } from '../received-request.js'
import type { Members, Service } from '../services/service.js'

/** How calls and answers are written in HTTP. */
export interface Protocol {
  /** Whether a request is written in this protocol, judged without its body. */
  claims(request: RequestHead): boolean
  /** The operation, if it can be determined before the signature is verified. */
  operationBeforeSignature(request: ReceivedRequest): string | undefined
  /** The operation and its input, which is not validated. Throws the refusal of a body that cannot be read. */
  readInput(request: ReceivedRequest): OperationCall
  writeOutput(output: object, call: AnsweredCall): HttpResponse
  writeError(error: ServiceException, call: AnsweredCall): HttpResponse
}

/** The operation that a request calls, with its input, as a protocol reads it. */
export interface OperationCall {
  readonly operation: string
  /** The version of the API; absent in protocols that do not send it. */
  readonly version?: string
  readonly input: Members
}

/** The call that an answer is written for. */
export interface AnsweredCall {
  readonly request: ReceivedRequest
  readonly service: Service
  /** The operation, or the name of the service until the operation is known. */
  readonly operation: string
}
