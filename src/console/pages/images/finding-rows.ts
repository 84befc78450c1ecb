import type { DescribeImageScanFindingsResponse, EnhancedImageScanFinding, ImageScanFinding } from '@aws-sdk/client-ecr'
import { SEVERITIES } from './scan-summary.js'

/** A finding of basic or enhanced scanning, as the table shows it. */
export interface FindingRow {
  readonly key: string
  readonly name: string
  readonly severity: string
  readonly packageName?: string
  readonly packageVersion?: string
  readonly fixedIn?: string
  readonly score?: string
  readonly description?: string
  readonly uri?: string
}

/** The findings of all pages, the worst first. */
export function findingRows(pages: readonly DescribeImageScanFindingsResponse[]): FindingRow[] {
  const found = pages.flatMap(({ imageScanFindings: page }) => [
    ...(page?.findings ?? []).map(basicRow),
    ...(page?.enhancedFindings ?? []).flatMap(enhancedRows),
  ])
  return found
    .map((row, index) => ({ ...row, key: `${row.name} ${index}` }))
    .sort((a, b) => rankOf(a.severity) - rankOf(b.severity) || a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** The place of a severity among all; what is unknown comes last. */
export const rankOf = (severity: string): number => {
  const rank = SEVERITIES.findIndex((known) => known === severity)
  return rank < 0 ? SEVERITIES.length : rank
}

type UnnumberedRow = Omit<FindingRow, 'key'>

function basicRow({ name = '', severity = 'UNDEFINED', description, uri, attributes = [] }: ImageScanFinding) {
  const valueOf = (key: string) => attributes.find((attribute) => attribute.key === key)?.value
  return present({
    name,
    severity,
    packageName: valueOf('package_name'),
    packageVersion: valueOf('package_version'),
    score: valueOf('CVSS3_SCORE') ?? valueOf('CVSS2_SCORE'),
    description,
    uri,
  })
}

/** A row for each package that is affected. */
function enhancedRows(finding: EnhancedImageScanFinding): UnnumberedRow[] {
  const { title = '', severity = 'UNDEFINED', description, score, packageVulnerabilityDetails: details } = finding
  const common = { name: details?.vulnerabilityId ?? title, severity, description, uri: details?.sourceUrl }
  return (details?.vulnerablePackages ?? [{}]).map((affected) =>
    present({
      ...common,
      packageName: affected.name,
      packageVersion: affected.version,
      fixedIn: affected.fixedInVersion,
      score: score?.toString(),
    }),
  )
}

/** Without the members that have no value. */
function present(row: { [M in keyof UnnumberedRow]: UnnumberedRow[M] | undefined }): UnnumberedRow {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
  return { name: '', severity: '', ...given }
}
