/** What an answer of the API or of the admin endpoints says when it is a refusal. */
export interface Failure {
  /** The error code, for example `AccessDeniedException`. */
  readonly code: string
  /** The service's sentence. */
  readonly message: string
  readonly requestId?: string
  /** The status of the answer; absent if there was none. */
  readonly status?: number
}

/** The members of an exception of the SDK that pages show. */
interface ServiceFailure extends Error {
  readonly $metadata?: { readonly requestId?: string; readonly httpStatusCode?: number }
}

/** What to show for anything that a request can throw. */
export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { code: 'Error', message: String(thrown) }
  const { name, message, $metadata } = thrown as ServiceFailure
  const { requestId, httpStatusCode: status } = $metadata ?? {}
  if (status === undefined && thrown instanceof TypeError) return { code: 'NoAnswer', message: NO_ANSWER }
  return {
    code: name,
    message,
    ...(requestId !== undefined && { requestId }),
    ...(status !== undefined && { status }),
  }
}

/** `fetch` rejects with a TypeError whose message differs between browsers. */
const NO_ANSWER = 'ecr-local does not answer'

/** Only an answer that may be another one a moment later is asked for again. */
export const isWorthRetrying = (failures: number, thrown: unknown): boolean => {
  const { status } = failureOf(thrown)
  return failures < 2 && (status === undefined || status >= 500)
}

/** Whether the credentials themselves were refused: they ended, or the emulator does not know them any more. */
export const isOfCredentials = (thrown: unknown): boolean =>
  ['ExpiredTokenException', 'InvalidSignatureException', 'UnrecognizedClientException'].includes(failureOf(thrown).code)
