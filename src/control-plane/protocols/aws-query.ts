import type { HttpRequest } from '@smithy/protocol-http'
import { claimedScope } from '../../sigv4/claimed-scope.js'
import { inputOf, isOperation } from '../../smithy/model.js'
import type { ReceivedRequest } from '../authenticate.js'
import type { Members } from '../services/service.js'
import { jsonBody, writeJsonError } from './aws-json.js'
import { readJsonBody, writeJsonBody } from './json-body.js'
import type { OperationCall, Protocol } from './protocol.js'
import { writeQueryError, writeQueryOutput } from './query-answers.js'
import { type Parameters, parametersOf, readParameters, valueOf } from './query-parameters.js'
import { response } from './response.js'

/**
 * The query protocol, which STS and IAM have: a form, or an action in the URL, as presigned calls have it. The operation is
 * one of the parameters. STS takes its calls in awsJson, too; their input is read as the same parameters.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export const awsQuery: Protocol = {
  claims: (request) =>
    isStsJson(request) ||
    (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
    namesAction(request.path),

  /** The body is read before the signature is verified only where there is no signature. */
  operationBeforeSignature: (request) =>
    claimedScope({ ...request, body: request.body as Buffer }) ? undefined : readInput(request).operation,

  readInput,

  writeOutput(output, call) {
    const form = answerForm(call.request)
    if (form === 'aws-json') return response(200, call.request.requestId, jsonBody(writeJsonBody(output)))
    return writeQueryOutput(output, form, call)
  },

  writeError(error, call) {
    const form = answerForm(call.request)
    return form === 'aws-json' ? writeJsonError(error, call.request.requestId) : writeQueryError(error, form, call)
  },
}

/** Whether a URL names the action that is called. */
export const namesAction = (path: string): boolean => /^\/\?(?:.*&)?Action=/.test(path)

const STS_TARGET = 'AWSSecurityTokenServiceV20110615.'
const STS_VERSION = '2011-06-15'

const isStsJson = ({ headers }: HttpRequest) => (headers['x-amz-target'] ?? '').startsWith(STS_TARGET)

/** The form in which the caller wants its answer. */
function answerForm(request: HttpRequest): 'xml' | 'json' | 'aws-json' {
  if (isStsJson(request)) return 'aws-json'
  return (request.headers.accept ?? '').includes('application/json') ? 'json' : 'xml'
}

function readInput(request: ReceivedRequest): OperationCall {
  if (isStsJson(request)) {
    const operation = String(request.headers['x-amz-target']).slice(STS_TARGET.length)
    const parameters = parametersOf(readJsonBody(request.body as Buffer, MAX_JSON_BYTES))
    return { operation, version: STS_VERSION, input: inputFrom(parameters, operation) }
  }
  const parameters = readParameters(request)
  const operation = parameters.get('Action') ?? ''
  const version = parameters.get('Version') ?? 'NO_VERSION_SPECIFIED'
  return { operation, version, input: inputFrom(parameters, operation) }
}

const MAX_JSON_BYTES = 4 * 1024 * 1024

/** Of an operation that the model does not have, and that is refused next, there is no input. */
const inputFrom = (parameters: Parameters, operation: string): Members =>
  isOperation(operation) ? (valueOf(inputOf(operation), parameters) as Members) : {}
