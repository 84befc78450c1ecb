import { BlobsUnavailable } from '../../registry/ports/blob-store.js'

/** What an error of the SDK contains about the response that caused it. */
export interface ErrorFacts {
  readonly name: string
  readonly message: string
  /** Undefined if there was no response. */
  readonly status: number | undefined
  /** The bucket's Region, if S3 returned it. */
  readonly region: string | undefined
}

/** Reads the members that all errors of the SDK have, and the header that contains the bucket's Region. */
export function factsOf(error: unknown): ErrorFacts {
  const { name = '', message = '', $metadata, $response } = (error ?? {}) as Partial<SdkError>
  return {
    name,
    message,
    status: $metadata?.httpStatusCode,
    region: $response?.headers?.['x-amz-bucket-region'],
  }
}

interface SdkError {
  name: string
  message: string
  $metadata: { httpStatusCode?: number }
  $response: { headers?: Record<string, string> }
}

/** A description of the failure in one line: the code of the response, or the system's error of the connection. */
export function causeOf(error: unknown): string {
  const { name, message, status } = factsOf(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : name
  return [status, code, message.split('\n')[0]].filter((part) => part !== undefined && part !== '').join(' ')
}

/** Waits for a response of S3. Every failure becomes BlobsUnavailable. */
export async function orUnavailable<T>(response: Promise<T>): Promise<T> {
  try {
    return await response
  } catch (error) {
    throw unavailable(error)
  }
}

/** Like `orUnavailable`, but resolves with undefined if the object does not exist. A missing bucket is a failure. */
export async function orUndefined<T>(response: Promise<T>): Promise<T | undefined> {
  try {
    return await response
  } catch (error) {
    const { name, status } = factsOf(error)
    if (status === 404 && name !== 'NoSuchBucket' && name !== 'NoSuchUpload') return undefined
    throw unavailable(error)
  }
}

/**
 * Converts a failure of S3 into the port's error. The SDK's error is not its `cause`, because it contains the whole
 * request with its signature, which must not be logged.
 */
export const unavailable = (error: unknown): BlobsUnavailable =>
  error instanceof BlobsUnavailable
    ? error
    : new BlobsUnavailable(`The object store gave no usable answer: ${causeOf(error)}`)
