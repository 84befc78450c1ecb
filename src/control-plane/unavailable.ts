import { BlobsUnavailable, NoSpace } from '../registry/ports/blob-store.js'
import { StoreUnavailable } from '../registry/ports/key-value.js'

/** Whether what the emulator keeps its state in does not answer: clients are told to come again. */
export const isAway = (thrown: unknown): thrown is StoreUnavailable | BlobsUnavailable =>
  thrown instanceof StoreUnavailable || thrown instanceof BlobsUnavailable

/** Whether a call failed by what the state is kept in, and by no fault of ours: the message says what is wrong with it. */
export const isOfStorage = (thrown: unknown): thrown is Error => isAway(thrown) || thrown instanceof NoSpace

/** For the `retry-after` header: a store that fails over is back in seconds. */
export const RETRY_AFTER_SECONDS = '2'
