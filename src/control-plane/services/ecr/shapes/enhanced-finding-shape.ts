import type {
  CvssScoreDetails,
  EnhancedImageScanFinding,
  PackageVulnerabilityDetails,
  Resource,
} from '@aws-sdk/client-ecr'
import { createHash } from 'node:crypto'
import type { Image } from '../../../../registry/images/image.js'
import { type Registry, repositoryArn } from '../../../../registry/registry.js'
import type { CvssScore, Finding } from '../../../../registry/scanning/finding.js'
import type { CompletedScan } from '../../../../registry/scanning/image-scan.js'

/** An image whose enhanced findings are returned. */
export interface ScannedImage {
  readonly registry: Registry
  readonly image: Image
  readonly completed: CompletedScan
}

/**
 * A finding of enhanced scanning, with those of Amazon Inspector's members that a source of findings gives.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EnhancedImageScanFinding.html
 */
export function enhancedFinding(
  finding: Finding,
  { registry, image, completed }: ScannedImage,
): EnhancedImageScanFinding {
  const { name, title, description, severity, package: vulnerable, cvss = [] } = finding
  const at = new Date(completed.at)
  const [newest] = [...cvss].sort((a, b) => b.version.localeCompare(a.version))
  return {
    awsAccountId: registry.account,
    ...(description !== undefined && { description }),
    findingArn: `arn:aws:inspector2:${registry.region}:${registry.account}:finding/${findingId(finding, image)}`,
    firstObservedAt: at,
    lastObservedAt: at,
    packageVulnerabilityDetails: vulnerabilityDetails(finding),
    remediation: { recommendation: { text: remediationOf(finding) } },
    resources: [imageResource(registry, image)],
    ...(newest && { score: newest.score, scoreDetails: { cvss: scoreDetails(newest) } }),
    severity,
    status: 'ACTIVE',
    title: title ?? (vulnerable ? `${name} - ${vulnerable.name}` : name),
    type: 'PACKAGE_VULNERABILITY',
    updatedAt: at,
    fixAvailable: vulnerable?.fixedInVersion === undefined ? 'NO' : 'YES',
  }
}

/** The same for the same vulnerability in the same package of an image, whenever it is scanned. */
const findingId = ({ name, package: vulnerable }: Finding, { repository, digest }: Image) =>
  createHash('sha256')
    .update([repository, digest, name, vulnerable?.name, vulnerable?.version].join(' '))
    .digest('hex')
    .slice(0, 32)

function vulnerabilityDetails(finding: Finding): PackageVulnerabilityDetails {
  const {
    name,
    uri,
    cvss = [],
    references = [],
    source,
    publishedAt,
    updatedAt,
    severity,
    package: vulnerable,
  } = finding
  return {
    cvss: cvss.map((score) => ({
      baseScore: score.score,
      ...(score.vector !== undefined && { scoringVector: score.vector }),
      ...(score.source !== undefined && { source: score.source }),
      version: score.version,
    })),
    referenceUrls: [...references],
    relatedVulnerabilities: [],
    ...(source !== undefined && { source }),
    ...(uri !== undefined && { sourceUrl: uri }),
    ...(publishedAt !== undefined && { vendorCreatedAt: new Date(publishedAt) }),
    vendorSeverity: severity,
    ...(updatedAt !== undefined && { vendorUpdatedAt: new Date(updatedAt) }),
    vulnerabilityId: name,
    vulnerablePackages: vulnerable ? [{ ...vulnerable }] : [],
  }
}

/** AWS's examples have this text for a finding without a remedy. */
const remediationOf = ({ package: vulnerable }: Finding) =>
  vulnerable?.fixedInVersion === undefined
    ? 'None Provided'
    : `Upgrade ${vulnerable.name} to ${vulnerable.fixedInVersion}`

const scoreDetails = ({ score, vector, source, version }: CvssScore): CvssScoreDetails => ({
  adjustments: [],
  score,
  ...(source !== undefined && { scoreSource: source }),
  ...(vector !== undefined && { scoringVector: vector }),
  version,
})

const imageResource = (registry: Registry, { repository, digest, tags, pushedAt }: Image): Resource => ({
  details: {
    awsEcrContainerImage: {
      imageHash: digest,
      imageTags: tags,
      pushedAt: new Date(pushedAt),
      registry: registry.account,
      repositoryName: repository,
    },
  },
  id: `${repositoryArn(registry, repository)}/${digest}`,
  tags: {},
  type: 'AWS_ECR_CONTAINER_IMAGE',
})
