import { batchesOf } from '../../coordination/event-loop.js'
import type { Image } from '../images/image.js'
import type { ScanResult } from '../ports/scanner.js'
import type { CvssScore, Finding, Severity, VulnerablePackage } from './finding.js'
import { matchesWildcards } from '../wildcards.js'

/** The content of a file of findings. `scan-findings.schema.json` describes and validates it. */
export interface FindingsFile {
  readonly updatedAt?: string
  readonly images: readonly FindingsEntry[]
}

/** The result of scanning the images that an entry matches. */
export interface FindingsEntry {
  readonly digest?: string
  readonly repository?: string
  readonly tag?: string
  readonly package?: string
  readonly findings?: readonly FindingInFile[]
  readonly status?: 'FAILED' | 'UNSUPPORTED_IMAGE'
  readonly description?: string
}

/** A finding, with the names of attributes that the service's answers have. */
export interface FindingInFile {
  readonly name: string
  readonly severity: Severity
  readonly title?: string
  readonly description?: string
  readonly uri?: string
  readonly package_name?: string
  readonly package_version?: string
  readonly fixed_in_version?: string
  readonly package_manager?: string
  readonly CVSS2_SCORE?: number
  readonly CVSS2_VECTOR?: string
  readonly CVSS3_SCORE?: number
  readonly CVSS3_VECTOR?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly references?: readonly string[]
  readonly source?: string
  readonly published_at?: string
  readonly updated_at?: string
}

/** The versions of the packages that an image contains, by name. */
export type InstalledPackages = ReadonlyMap<string, string>

type ImageToMatch = Pick<Image, 'repository' | 'digest' | 'tags'>

/** Entries or findings that are processed between two yields to the event loop. */
const TOGETHER = 2000

/**
 * The entries of a file that match an image, all of whose conditions must hold, except that on a package: reading an
 * image's packages takes time and is needed only if an entry that is left has such a condition.
 */
export async function entriesForImage({ images }: FindingsFile, image: ImageToMatch): Promise<FindingsEntry[]> {
  const matching: FindingsEntry[] = []
  for await (const batch of batchesOf(images, TOGETHER))
    for (const entry of batch) if (matchesImage(entry, image)) matching.push(entry)
  return matching
}

const matchesImage = (entry: FindingsEntry, { repository, digest, tags }: ImageToMatch): boolean =>
  (entry.digest === undefined || entry.digest === digest) &&
  (entry.repository === undefined || matchesWildcards(entry.repository, repository)) &&
  matchesTag(entry.tag, tags)

function matchesTag(pattern: string | undefined, tags: readonly string[]): boolean {
  return pattern === undefined || tags.some((tag) => matchesWildcards(pattern, tag))
}

/** The result of a scan that entries for an image give, together with the packages of the image. */
export async function resultOfEntries(
  entries: readonly FindingsEntry[],
  packages: InstalledPackages,
  sourceUpdatedAt: number,
): Promise<ScanResult> {
  const matching = entries.filter((entry) => entry.package === undefined || packages.has(entry.package))
  const decisive = matching.find(({ status }) => status !== undefined)
  if (decisive) {
    const isUnsupported = decisive.status === 'UNSUPPORTED_IMAGE'
    const description = decisive.description ?? (isUnsupported ? UNSUPPORTED_IMAGE : 'The scan failed.')
    return { outcome: isUnsupported ? 'unsupported' : 'failed', description }
  }
  return { outcome: 'complete', findings: await distinctFindings(matching, packages), sourceUpdatedAt }
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-troubleshooting.html */
export const UNSUPPORTED_IMAGE = 'UnsupportedImageError: The operating system and/or package manager are not supported.'

function findingOf(finding: FindingInFile, packageOfEntry: string | undefined, packages: InstalledPackages): Finding {
  const { name, severity, title, description, uri, references, source, attributes } = finding
  const { published_at: publishedAt, updated_at: updatedAt } = finding
  const vulnerable = packageOf(finding, packageOfEntry, packages)
  const cvss = cvssOf(finding)
  return {
    name,
    severity,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(uri !== undefined && { uri }),
    ...(vulnerable && { package: vulnerable }),
    ...(cvss.length > 0 && { cvss }),
    ...(references && { references }),
    ...(source !== undefined && { source }),
    ...(publishedAt !== undefined && { publishedAt }),
    ...(updatedAt !== undefined && { updatedAt }),
    ...(attributes && { attributes }),
  }
}

function packageOf(
  finding: FindingInFile,
  packageOfEntry: string | undefined,
  packages: InstalledPackages,
): VulnerablePackage | undefined {
  const { package_name: name = packageOfEntry, fixed_in_version: fixedInVersion, package_manager: manager } = finding
  if (name === undefined) return undefined
  const version = finding.package_version ?? packages.get(name)
  return {
    name,
    ...(version !== undefined && { version }),
    ...(fixedInVersion !== undefined && { fixedInVersion }),
    ...(manager !== undefined && { packageManager: manager }),
  }
}

function cvssOf(finding: FindingInFile): CvssScore[] {
  const { source, CVSS2_SCORE, CVSS2_VECTOR, CVSS3_SCORE, CVSS3_VECTOR } = finding
  const scores = [
    { version: '2.0', score: CVSS2_SCORE, vector: CVSS2_VECTOR },
    { version: /^CVSS:(3\.\d)/.exec(CVSS3_VECTOR ?? '')?.[1] ?? '3.1', score: CVSS3_SCORE, vector: CVSS3_VECTOR },
  ]
  return scores.flatMap(({ version, score, vector }): CvssScore[] =>
    score === undefined
      ? []
      : [{ version, score, ...(vector !== undefined && { vector }), ...(source !== undefined && { source }) }],
  )
}

/** Several entries may give an image the same vulnerability in the same package: the first one counts. */
async function distinctFindings(entries: readonly FindingsEntry[], packages: InstalledPackages): Promise<Finding[]> {
  const distinct = new Map<string, Finding>()
  const all = entries.flatMap((entry) => (entry.findings ?? []).map((finding) => ({ entry, finding })))
  for await (const batch of batchesOf(all, TOGETHER))
    for (const { entry, finding: inFile } of batch) {
      const finding = findingOf(inFile, entry.package, packages)
      const key = JSON.stringify([finding.name, finding.package?.name, finding.package?.version])
      if (!distinct.has(key)) distinct.set(key, finding)
    }
  return [...distinct.values()]
}
