import type {
  Attribute,
  ImageDetail,
  ImageScanFinding,
  ImageScanFindingsSummary,
  ImageScanStatus,
} from '@aws-sdk/client-ecr'
import type { Image, ImageId } from '../../../../registry/images/image.js'
import { keyOf } from '../../../../registry/ports/store.js'
import type { Finding } from '../../../../registry/scanning/finding.js'
import { type CompletedScan, type ShownScan, shownScan } from '../../../../registry/scanning/image-scan.js'
import { readScanningConfiguration, scanningOf } from '../../../../registry/scanning/scanning-configuration.js'
import type { ScanFrequency, ScanType } from '../../../../registry/scanning/scanning-records.js'
import type { Context } from '../../context.js'

/** The status of a scan as the API returns it. */
export const scanStatus = ({ status, description }: ShownScan): ImageScanStatus => ({
  status,
  ...(description !== undefined && { description }),
})

/** The result of a scan without its findings. */
export const findingsSummary = ({ at, sourceUpdatedAt, severityCounts }: CompletedScan): ImageScanFindingsSummary => ({
  imageScanCompletedAt: new Date(at),
  ...(sourceUpdatedAt !== undefined && { vulnerabilitySourceUpdatedAt: new Date(sourceUpdatedAt) }),
  findingSeverityCounts: { ...severityCounts },
})

/** The scan type of the registry, and how often the images of a repository are scanned. */
export async function scanningOfRepository(
  name: string,
  { store, registry }: Pick<Context, 'store' | 'registry'>,
): Promise<{ readonly scanType: ScanType; readonly scanFrequency: ScanFrequency }> {
  const [configuration, repository] = await Promise.all([
    readScanningConfiguration(store, registry),
    store.repositories.get(registry, name),
  ])
  const { scanFrequency } = scanningOf(configuration, repository ?? { name, scanOnPush: false })
  return { scanType: configuration.scanType, scanFrequency }
}

/**
 * Finds what DescribeImages shows of the scan of an image in this repository: nothing with basic scanning, because
 * AWS's native basic scanning does not fill these members.
 */
export async function enhancedScans(
  repositoryName: string,
  { store, registry }: Context,
): Promise<(image: Image) => Promise<Pick<ImageDetail, 'imageScanStatus' | 'imageScanFindingsSummary'>>> {
  const { scanType, scanFrequency } = await scanningOfRepository(repositoryName, { store, registry })
  if (scanType === 'BASIC') return async () => ({})
  return async ({ repository, digest }) => {
    const scans = await store.imageScans.get(registry, keyOf(repository, digest))
    if (!scans?.ENHANCED) return {}
    const shown = shownScan(scans.ENHANCED, 'ENHANCED', scanFrequency)
    const { completed } = shown
    return {
      imageScanStatus: scanStatus(shown),
      ...(completed && { imageScanFindingsSummary: findingsSummary(completed) }),
    }
  }
}

/** A finding of basic scanning. */
export const basicFinding = (finding: Finding): ImageScanFinding => ({
  name: finding.name,
  ...(finding.description !== undefined && { description: finding.description }),
  ...(finding.uri !== undefined && { uri: finding.uri }),
  severity: finding.severity,
  attributes: attributesOf(finding),
})

/**
 * The keys for packages and version 2 of CVSS are those of the service's answers; those for version 3 are like them.
 */
function attributesOf({ package: vulnerable, cvss = [], attributes = {} }: Finding): Attribute[] {
  const entries: [string, string | undefined][] = [
    ['package_version', vulnerable?.version],
    ['package_name', vulnerable?.name],
    ...cvss.flatMap(({ version, vector, score }): [string, string | undefined][] => [
      [`CVSS${version.charAt(0)}_VECTOR`, vector],
      [`CVSS${version.charAt(0)}_SCORE`, String(score)],
    ]),
    ...Object.entries(attributes),
  ]
  return entries.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
}

/** The image id of an answer about a scan: always with the digest, and with the tag if the call has one. */
export const scannedImageId = ({ digest }: Image, { imageTag }: ImageId): ImageId => ({
  imageDigest: digest,
  ...(imageTag !== undefined && { imageTag }),
})
