import { BlobsUnavailable, NoSpace } from '../registry/ports/blob-store.js'
import { StoreUnavailable } from '../registry/ports/key-value.js'

/** Whether the store or the blob store did not answer, so that clients should retry. */
export const isUnavailable = (error: unknown): error is StoreUnavailable | BlobsUnavailable =>
  error instanceof StoreUnavailable || error instanceof BlobsUnavailable

/** Whether a call failed because of the storage and not by a bug of the emulator. The message says what is wrong. */
export const isStorageFailure = (error: unknown): error is Error => isUnavailable(error) || error instanceof NoSpace

/** The `retry-after` header: a store that fails over is back in seconds. */
export const RETRY_AFTER_SECONDS = '2'
