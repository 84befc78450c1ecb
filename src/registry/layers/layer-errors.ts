import { ServiceException } from '../errors.js'

/*
 * The errors for layers and their uploads, one function each. The texts marked (documented) are as in errors.ts.
 */

/** (documented) */
export const layerInaccessible = () =>
  new ServiceException(
    'LayerInaccessibleException',
    'The specified layer is not available because it is not associated with an image. Unassociated image layers may be cleaned up at any time.',
  )

/**
 * As captured, except for two quotation marks that are missing there, in
 * https://github.com/monken/aws-ecr-public/issues/11
 */
export const layerNotFound = (digest: string, name: string, account: string) =>
  new ServiceException(
    'LayersNotFoundException',
    `The layer with digest '${digest}' does not exist within the repository with name '${name}' in the registry with id '${account}'`,
  )

/** (documented) */
export const layerAlreadyExists = () =>
  new ServiceException('LayerAlreadyExistsException', 'The image layer already exists in the associated repository.')

export const layerPartTooSmall = () =>
  new ServiceException('LayerPartTooSmallException', 'All layer parts except the last part should be at least 5MB')

/** An upload as error details and messages name it. */
interface UploadDetails {
  readonly registryId: string
  readonly repositoryName: string
  readonly uploadId: string
}

const uploadText = ({ registryId, repositoryName, uploadId }: UploadDetails) =>
  `The upload with id '${uploadId}' in the repository with name '${repositoryName}' in registry with id '${registryId}'`

/** As CloudTrail records it in https://github.com/devcontainers/cli/issues/814 */
export const emptyUpload = (upload: UploadDetails) =>
  new ServiceException(
    'EmptyUploadException',
    `${uploadText(upload)} cannot be completed because it does not have any parts`,
  )

/** As the registry answers it in https://github.com/abiosoft/colima/issues/1167 */
export const invalidLayer = () =>
  new ServiceException('InvalidLayerException', 'None of the provided layer digests match the calculated layer digest')

/**
 * A part that does not begin after the last byte received. `lastValidByteReceived` tells the client where to continue.
 * As the registry answers it in https://github.com/apple/container/issues/1895
 */
export const layerPartOutOfOrder = (upload: UploadDetails, firstByte: number, bytesReceived: number) =>
  new ServiceException(
    'InvalidLayerPartException',
    `First byte of the layer part is ${firstByte} instead of ${bytesReceived}`,
    {
      ...upload,
      lastValidByteReceived: bytesReceived - 1,
    },
  )

/** (documented) A part whose size is not the one stated, or exceeds the limit. */
export const invalidLayerPartSize = (upload: UploadDetails, bytesReceived: number) =>
  new ServiceException(
    'InvalidLayerPartException',
    'The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload.',
    { ...upload, lastValidByteReceived: bytesReceived - 1 },
  )

/** Second-hand: a user quotes a part of it. The rest has the form of EmptyUploadException's message. */
export const uploadNotFound = (upload: UploadDetails) =>
  new ServiceException('UploadNotFoundException', `${uploadText(upload)} does not exist`)
