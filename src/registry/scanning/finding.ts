/** The severities of ECR, the most severe first: the order in which findings and counts are returned. */
export const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const

export type Severity = (typeof severities)[number]

/**
 * A vulnerability that a scan found in a package of an image, whatever its source. Basic and enhanced scanning show it
 * in different shapes.
 */
export interface Finding {
  /** Usually a CVE number. */
  readonly name: string
  readonly severity: Severity
  readonly title?: string
  readonly description?: string
  /** An address with details about the vulnerability. */
  readonly uri?: string
  readonly package?: VulnerablePackage
  readonly cvss?: readonly CvssScore[]
  readonly references?: readonly string[]
  /** Who published the vulnerability, for example `NVD` or a distribution. */
  readonly source?: string
  /** When the vendor published and last changed the vulnerability: texts of ISO 8601. */
  readonly publishedAt?: string
  readonly updatedAt?: string
  /** Further attributes of a basic finding, as they are. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** The package that has a vulnerability. */
export interface VulnerablePackage {
  readonly name: string
  readonly version?: string
  readonly fixedInVersion?: string
  /** For example `OS`, `NPM`, `PYTHON`. */
  readonly packageManager?: string
  readonly arch?: string
  readonly filePath?: string
}

/** A score in one version of the Common Vulnerability Scoring System. */
export interface CvssScore {
  /** For example `2.0` or `3.1`. */
  readonly version: string
  readonly score: number
  readonly vector?: string
  readonly source?: string
}

/** How many findings there are of each severity that occurs. */
export type SeverityCounts = Readonly<Partial<Record<Severity, number>>>

/** Counts findings by severity. Severities that do not occur are absent, as in the service's answers and events. */
export function countSeverities(findings: readonly Pick<Finding, 'severity'>[]): SeverityCounts {
  const counts = new Map<Severity, number>()
  for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  return Object.fromEntries(
    severities.flatMap((severity) => {
      const count = counts.get(severity)
      return count === undefined ? [] : [[severity, count] as const]
    }),
  )
}

/** The findings, the most severe first and otherwise in the order of their source. */
export const mostSevereFirst = (findings: readonly Finding[]): Finding[] =>
  severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity))
