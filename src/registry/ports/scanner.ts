import type { ImageContents } from '../images/image-contents.js'
import type { Image } from '../images/image.js'
import type { Registry } from '../registry.js'
import type { Finding } from '../scanning/finding.js'
import type { ScanType } from '../scanning/scanning-records.js'

/** An image to be scanned. */
export interface ScanTarget {
  readonly registry: Registry
  readonly scanType: ScanType
  readonly image: Image
  /** Its config and layers. */
  readonly contents: ImageContents
}

/** The outcome of a scan. */
export type ScanResult =
  | {
      readonly outcome: 'complete'
      readonly findings: readonly Finding[]
      /** When the source of the findings was last updated, in epoch milliseconds. */
      readonly sourceUpdatedAt?: number
    }
  | { readonly outcome: 'failed' | 'unsupported'; readonly description: string }
  /** The bytes of the image are not all here: a pull through may still be bringing them. The scan is repeated later. */
  | { readonly outcome: 'bytes missing' }

/** Finds the vulnerabilities of images. */
export interface Scanner {
  /** A text that changes whenever a further scan of an image may have another result. */
  sourceVersion(): Promise<string>
  /** Scans one image. Bounded in time and memory; rejects only if interrupted by `stopSignal` or if storage fails. */
  scan(target: ScanTarget, stopSignal: AbortSignal): Promise<ScanResult>
}

/** The scanner of an installation without a source of findings: no image has any. */
export const noScanner: Scanner = {
  sourceVersion: async () => 'none',
  scan: async () => ({ outcome: 'complete', findings: [] }),
}
