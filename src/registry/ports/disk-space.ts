/** The size of a file system and what is free of it, in bytes. */
export interface DiskSpace {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** Measures the file system that blobs are stored in; resolves with undefined if it cannot be measured. */
export type MeasureDisk = () => Promise<DiskSpace | undefined>

/** For blobs that are in no file system of this machine: those in S3 and in memory. */
export const noDisk: MeasureDisk = async () => undefined
