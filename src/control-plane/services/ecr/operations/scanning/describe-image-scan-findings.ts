import type { ImageScanFindings } from '@aws-sdk/client-ecr'
import type { Image } from '../../../../../registry/images/image.js'
import { keyOf, type Page } from '../../../../../registry/ports/store.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Finding } from '../../../../../registry/scanning/finding.js'
import { type CompletedScan, shownScan } from '../../../../../registry/scanning/image-scan.js'
import { scanNotFound } from '../../../../../registry/scanning/scanning-errors.js'
import type { ScanType } from '../../../../../registry/scanning/scanning-records.js'
import { unpackFindings } from '../../../../../registry/scanning/stored-findings.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { limitOf, positionOf, tokenOf } from '../../paging.js'
import { namedImageWith } from '../../named-image.js'
import { enhancedFinding } from '../../shapes/enhanced-finding-shape.js'
import {
  basicFinding,
  findingsSummary,
  scannedImageId,
  scanningOfRepository,
  scanStatus,
} from '../../shapes/scan-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
 *
 * @exact Status, severity counts and findings of the image's last scan of the registry's scan type, 100 to a page
 *   unless `maxResults` says otherwise. A continuously scanned image is ACTIVE.
 * @inferred Findings come the most severe first, and are absent until a scan completes. Enhanced scanning is PENDING
 *   until the first result; scanned on push it ends as COMPLETE. The texts of failures. At most 10,000 findings are
 *   kept.
 * @notModelled There is no database of vulnerabilities: findings come from the configured file or scanner. Of
 *   Inspector's members: use by clusters, exploits, adjusted scores; SCAN_ELIGIBILITY_EXPIRED and FINDINGS_UNAVAILABLE
 *   never occur.
 */
export const describeImageScanFindings: Operation<'DescribeImageScanFindings'> = {
  resources: namedRepository,

  async run(input, context) {
    const { repositoryName, imageId } = input
    const { registry, store } = context
    const [[image, scans], { scanType, scanFrequency }] = await readInRepository(store, registry, repositoryName, () =>
      Promise.all([
        namedImageWith(imageId, repositoryName, context, (key) => store.imageScans.get(registry, key)),
        scanningOfRepository(repositoryName, context),
      ]),
    )
    const scan = scans?.[scanType]
    if (!scan) throw scanNotFound(image.digest, imageId.imageTag, repositoryName, registry.account)
    const shown = shownScan(scan, scanType, scanFrequency)
    const { completed } = shown
    const page = completed && (await findingsPage(image, scanType, input, context))
    return {
      registryId: registry.account,
      repositoryName,
      imageId: scannedImageId(image, imageId),
      imageScanStatus: scanStatus(shown),
      ...(completed && page && { imageScanFindings: shapeOf(page.items, { scanType, image, completed }, context) }),
      ...(page && tokenOf(page)),
    }
  },
}

async function findingsPage(
  { repository, digest }: Image,
  scanType: ScanType,
  input: Input<'DescribeImageScanFindings'>,
  { registry, store }: Context,
): Promise<Page<Finding>> {
  const [start, limit] = [positionOf(input), limitOf('DescribeImageScanFindings', input)]
  const findings = await store.imageFindings.get(registry, keyOf(repository, digest))
  const packed = findings?.[scanType]
  if (!packed) return { items: [] }
  const items = await unpackFindings(packed, start, limit)
  return { items, ...(start + limit < packed.count && { next: String(start + limit) }) }
}

interface ScanOfImage {
  readonly scanType: ScanType
  readonly image: Image
  readonly completed: CompletedScan
}

function shapeOf(
  findings: Finding[],
  { scanType, image, completed }: ScanOfImage,
  { registry }: Context,
): ImageScanFindings {
  const summary = findingsSummary(completed)
  if (scanType === 'BASIC') return { ...summary, findings: findings.map(basicFinding) }
  return {
    ...summary,
    enhancedFindings: findings.map((finding) => enhancedFinding(finding, { registry, image, completed })),
  }
}
