import { BlobsUnavailable } from '../../registry/ports/blob-store.js'

/** What an error of the SDK says about the answer it came from. */
export interface Facts {
  readonly name: string
  readonly message: string
  /** Undefined where no answer came. */
  readonly status: number | undefined
  /** Where the bucket is, if S3 said so. */
  readonly region: string | undefined
}

/** Reads the members that are common to all of the SDK's errors, and the header S3 names the bucket's Region in. */
export function factsOf(error: unknown): Facts {
  const { name = '', message = '', $metadata, $response } = (error ?? {}) as Partial<SdkError>
  return {
    ...{ name, message, status: $metadata?.httpStatusCode },
    region: $response?.headers?.['x-amz-bucket-region'],
  }
}

interface SdkError {
  name: string
  message: string
  $metadata: { httpStatusCode?: number }
  $response: { headers?: Record<string, string> }
}

/** One line about what went wrong: an answer's code, or what the system says of the connection. */
export function causeOf(error: unknown): string {
  const { name, message, status } = factsOf(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : name
  return [status, code, message.split('\n')[0]].filter((part) => part !== undefined && part !== '').join(' ')
}

/** Waits for an answer of S3; whatever is wrong with it becomes BlobsUnavailable. */
export async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw unavailable(error)
  }
}

/** As `orUnavailable`, but undefined where there is no such object. A bucket that is gone is no such answer. */
export async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    const { name, status } = factsOf(error)
    if (status === 404 && name !== 'NoSuchBucket' && name !== 'NoSuchUpload') return undefined
    throw unavailable(error)
  }
}

/**
 * Says in the port's words that S3 is of no use now. The SDK's error is not passed on: it holds the whole request, signature
 * included, and would end up in logs.
 */
export const unavailable = (error: unknown): BlobsUnavailable =>
  error instanceof BlobsUnavailable
    ? error
    : new BlobsUnavailable(`The object store gave no usable answer: ${causeOf(error)}`)
