import type { CvssScore, Finding, Severity } from '../../registry/scanning/finding.js'
import type { ScanType } from '../../registry/scanning/scanning-records.js'

/**
 * The part of Trivy's JSON report that is used. Trivy leaves out members that are empty.
 * https://trivy.dev/latest/docs/configuration/reporting/#json
 */
export interface TrivyReport {
  readonly Metadata?: { readonly OS?: { readonly Family?: string } }
  readonly Results?: readonly TrivyResult[] | null
}

/** The vulnerabilities in the packages of the system, or of one application. */
interface TrivyResult {
  readonly Class?: string
  readonly Type?: string
  readonly Vulnerabilities?: readonly TrivyVulnerability[] | null
}

interface TrivyVulnerability {
  readonly VulnerabilityID?: string
  readonly PkgName?: string
  readonly PkgPath?: string
  readonly InstalledVersion?: string
  readonly FixedVersion?: string
  readonly Severity?: string
  readonly PrimaryURL?: string
  readonly Title?: string
  readonly Description?: string
  readonly DataSource?: { readonly Name?: string }
  readonly CVSS?: Readonly<Record<string, TrivyCvss>> | null
  readonly References?: readonly string[] | null
  readonly PublishedDate?: string
  readonly LastModifiedDate?: string
}

interface TrivyCvss {
  readonly V2Vector?: string
  readonly V2Score?: number
  readonly V3Vector?: string
  readonly V3Score?: number
}

/**
 * The findings of a report. Basic scanning is about the packages of the operating system only. Undefined if the scan
 * type has nothing in the image that it could be about.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
 */
export function findingsOfReport({ Metadata, Results }: TrivyReport, scanType: ScanType): Finding[] | undefined {
  const results = (Results ?? []).filter((result) => scanType === 'ENHANCED' || result.Class === 'os-pkgs')
  if (results.length === 0 && Metadata?.OS?.Family === undefined) return undefined
  return results.flatMap((result) => (result.Vulnerabilities ?? []).map((found) => findingOf(found, result)))
}

/** Descriptions in vulnerability databases can be as long as articles. */
const MAX_DESCRIPTION = 4096
const MAX_REFERENCES = 50

function findingOf(found: TrivyVulnerability, { Class, Type }: TrivyResult): Finding {
  const { Title, Description, PrimaryURL, PkgName, InstalledVersion, FixedVersion, PkgPath, DataSource } = found
  const cvss = Object.entries(found.CVSS ?? {}).flatMap(([source, scores]) => cvssOf(source, scores))
  return {
    name: found.VulnerabilityID ?? 'unknown',
    severity: severityOf(found.Severity),
    ...(Title && { title: Title.slice(0, MAX_DESCRIPTION) }),
    ...(Description && { description: Description.slice(0, MAX_DESCRIPTION) }),
    ...(PrimaryURL && { uri: PrimaryURL }),
    ...(PkgName && {
      package: {
        name: PkgName,
        ...(InstalledVersion && { version: InstalledVersion }),
        ...(FixedVersion && { fixedInVersion: FixedVersion }),
        packageManager: Class === 'os-pkgs' ? 'OS' : (Type ?? 'unknown').toUpperCase(),
        ...(PkgPath && { filePath: PkgPath }),
      },
    }),
    ...(cvss.length > 0 && { cvss }),
    ...(found.References && { references: found.References.slice(0, MAX_REFERENCES) }),
    ...(DataSource?.Name && { source: DataSource.Name }),
    ...timesOf(found),
  }
}

/** Trivy's UNKNOWN is ECR's UNDEFINED. */
const severityOf = (text = 'UNKNOWN'): Severity => SEVERITIES.get(text) ?? 'UNDEFINED'

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['CRITICAL', 'CRITICAL'],
  ['HIGH', 'HIGH'],
  ['MEDIUM', 'MEDIUM'],
  ['LOW', 'LOW'],
])

function cvssOf(name: string, { V2Score, V2Vector, V3Score, V3Vector }: TrivyCvss): CvssScore[] {
  const source = name.toUpperCase()
  const scores = [
    { version: '2.0', score: V2Score, vector: V2Vector },
    { version: /^CVSS:(3\.\d)/.exec(V3Vector ?? '')?.[1] ?? '3.1', score: V3Score, vector: V3Vector },
  ]
  return scores.flatMap(({ version, score, vector }): CvssScore[] =>
    score === undefined ? [] : [{ version, score, ...(vector !== undefined && { vector }), source }],
  )
}

function timesOf({ PublishedDate, LastModifiedDate }: TrivyVulnerability): Pick<Finding, 'publishedAt' | 'updatedAt'> {
  return {
    ...(isTime(PublishedDate) && { publishedAt: PublishedDate }),
    ...(isTime(LastModifiedDate) && { updatedAt: LastModifiedDate }),
  }
}

const isTime = (text: string | undefined): text is string => text !== undefined && !Number.isNaN(Date.parse(text))
