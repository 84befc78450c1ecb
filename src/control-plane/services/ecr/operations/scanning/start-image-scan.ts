import { imageNotFound } from '../../../../../registry/errors.js'
import { imageStatus } from '../../../../../registry/images/storage-class.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import { shownScan } from '../../../../../registry/scanning/image-scan.js'
import { scannableContents } from '../../../../../registry/scanning/scannable.js'
import { startScan } from '../../../../../registry/scanning/scan-start.js'
import {
  imageArchived,
  manualScansDisabled,
  unsupportedImageType,
} from '../../../../../registry/scanning/scanning-errors.js'
import { readScanningConfiguration } from '../../../../../registry/scanning/scanning-configuration.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { namedImage } from '../../named-image.js'
import { scannedImageId, scanStatus } from '../../shapes/scan-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html
 *
 * @exact The scan is IN_PROGRESS and goes on after the answer. An image is scanned once in 24 hours, by the emulator's
 *   clock and including the scan on push; a registry starts 100,000 scans in 24 hours at most. With enhanced scanning
 *   manual scans are disabled.
 * @inferred The order of the refusals; an index and an artifact that is not an image are UnsupportedImageType; a failed
 *   scan counts, too.
 */
export const startImageScan: Operation<'StartImageScan'> = {
  resources: namedRepository,

  async run({ repositoryName, imageId }, context) {
    const { registry, store, blobs, now, quotas } = context
    const [image, { scanType }] = await readInRepository(store, registry, repositoryName, () =>
      Promise.all([namedImage(imageId, repositoryName, context), readScanningConfiguration(store, registry)]),
    )
    if (scanType === 'ENHANCED') throw manualScansDisabled()
    if (imageStatus(image, now) === 'ARCHIVED') throw imageArchived()
    if (!(await scannableContents(image, blobs))) throw unsupportedImageType()
    const { digest } = image
    const newScan = { repository: repositoryName, digest, scanType, isManual: true, now }
    const scan = await startScan(store, registry, newScan, quotas)
    if (!scan) throw imageNotFound(imageId, repositoryName, registry.account)
    return {
      registryId: registry.account,
      repositoryName,
      imageId: scannedImageId(image, imageId),
      imageScanStatus: scanStatus(shownScan(scan, scanType, 'MANUAL')),
    }
  },
}
