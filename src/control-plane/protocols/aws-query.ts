import { claimedScope } from '../../sigv4/claimed-scope.js'
import { inputOf, isOperation } from '../../smithy/model.js'
import type { ReceivedRequest, RequestHead } from '../received-request.js'
import type { Members } from '../services/service.js'
import { jsonBody, writeJsonError } from './aws-json.js'
import { readJsonBody, writeJsonBody } from './json-body.js'
import type { OperationCall, Protocol } from './protocol.js'
import { writeQueryError, writeQueryOutput } from './query-answers.js'
import { type Parameters, parametersOf, readParameters, valueOf } from './query-parameters.js'
import { response } from './response.js'

/**
 * The query protocol of STS and IAM: the parameters are in a form, or in the URL for presigned calls, and one of them
 * names the operation. STS also accepts awsJson, whose input is converted to the same parameters.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export const awsQuery: Protocol = {
  claims: (request) =>
    isStsJson(request) ||
    (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
    namesAction(request.path),

  /** The body is parsed before authentication only if there is no signature to verify. */
  operationBeforeSignature: (request) => (claimedScope(request) ? undefined : readInput(request).operation),

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

const isStsJson = ({ headers }: Pick<RequestHead, 'headers'>) => (headers['x-amz-target'] ?? '').startsWith(STS_TARGET)

/** The format in which the caller wants the answer. */
function answerForm(request: RequestHead): 'xml' | 'json' | 'aws-json' {
  if (isStsJson(request)) return 'aws-json'
  return (request.headers.accept ?? '').includes('application/json') ? 'json' : 'xml'
}

function readInput(request: ReceivedRequest): OperationCall {
  if (isStsJson(request)) {
    const operation = String(request.headers['x-amz-target']).slice(STS_TARGET.length)
    const parameters = parametersOf(readJsonBody(request.body, MAX_JSON_BYTES))
    return { operation, version: STS_VERSION, input: inputFrom(parameters, operation) }
  }
  const parameters = readParameters(request)
  const operation = parameters.get('Action') ?? ''
  const version = parameters.get('Version') ?? 'NO_VERSION_SPECIFIED'
  return { operation, version, input: inputFrom(parameters, operation) }
}

const MAX_JSON_BYTES = 4 * 1024 * 1024

/** An operation that the model does not have gets an empty input, and is refused by the next step. */
const inputFrom = (parameters: Parameters, operation: string): Members =>
  isOperation(operation) ? (valueOf(inputOf(operation), parameters) as Members) : {}
