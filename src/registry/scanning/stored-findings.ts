import { gunzip, gzip } from 'node:zlib'
import { type Finding, mostSevereFirst } from './finding.js'
import type { ScanType } from './scanning-records.js'

/** The findings of an image's last completed scans, by scan type. */
export type ImageFindings = Readonly<Partial<Record<ScanType, PackedFindings>>>

/** Findings in compressed parts, so that a page of them is read without decompressing and parsing the rest. */
export interface PackedFindings {
  readonly count: number
  /** Base64 of gzipped JSON lists of `FINDINGS_PER_PART` findings; the last may have fewer. */
  readonly parts: readonly string[]
}

const FINDINGS_PER_PART = 100

/** The most findings and characters of parts that are stored. A scan with more keeps its most severe findings. */
const MAX_FINDINGS = 10_000
const MAX_CHARACTERS = 1024 * 1024

/** Packs findings, the most severe first. Returns those that were packed, too: all, except beyond the bounds. */
export async function packFindings(
  findings: readonly Finding[],
): Promise<{ readonly packed: PackedFindings; readonly kept: readonly Finding[] }> {
  const sorted = mostSevereFirst(findings).slice(0, MAX_FINDINGS)
  const parts: string[] = []
  let characters = 0
  for (let start = 0; start < sorted.length; start += FINDINGS_PER_PART) {
    const part = (await compress(JSON.stringify(sorted.slice(start, start + FINDINGS_PER_PART)))).toString('base64')
    characters += part.length
    if (characters > MAX_CHARACTERS) break
    parts.push(part)
  }
  const kept = sorted.slice(0, parts.length * FINDINGS_PER_PART)
  return { packed: { count: kept.length, parts }, kept }
}

/** The findings from `start` on, at most `limit`. */
export async function unpackFindings({ parts }: PackedFindings, start: number, limit: number): Promise<Finding[]> {
  const firstPart = Math.floor(start / FINDINGS_PER_PART)
  const endPart = Math.ceil((start + limit) / FINDINGS_PER_PART)
  const unpacked: Finding[] = []
  for (const part of parts.slice(firstPart, endPart))
    unpacked.push(...(JSON.parse((await decompress(Buffer.from(part, 'base64'))).toString()) as Finding[]))
  const skipped = start - firstPart * FINDINGS_PER_PART
  return unpacked.slice(skipped, skipped + limit)
}

const compress = (text: string) =>
  new Promise<Buffer>((resolve, reject) => gzip(text, (error, bytes) => (error ? reject(error) : resolve(bytes))))

const decompress = (packed: Buffer) =>
  new Promise<Buffer>((resolve, reject) => gunzip(packed, (error, bytes) => (error ? reject(error) : resolve(bytes))))
