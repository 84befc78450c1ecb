import { ServiceException } from '../errors.js'

/*
 * The refusals that layers and their uploads meet, one function each; what is (documented) is as in errors.ts.
 */

/** (documented) */
export const layerInaccessible = () =>
  new ServiceException(
    'LayerInaccessibleException',
    'The specified layer is not available because it is not associated with an image. Unassociated image layers may be cleaned up at any time.',
  )

/** As captured, but for two quotation marks that were lost, in https://github.com/monken/aws-ecr-public/issues/11 */
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

/** An upload, as refusals name it. */
export interface NamedUpload {
  readonly registryId: string
  readonly repositoryName: string
  readonly uploadId: string
}

const inWords = ({ registryId, repositoryName, uploadId }: NamedUpload) =>
  `The upload with id '${uploadId}' in the repository with name '${repositoryName}' in registry with id '${registryId}'`

/** As CloudTrail tells it in https://github.com/devcontainers/cli/issues/814 */
export const emptyUpload = (upload: NamedUpload) =>
  new ServiceException(
    'EmptyUploadException',
    `${inWords(upload)} cannot be completed because it does not have any parts`,
  )

/** As the registry says it in https://github.com/abiosoft/colima/issues/1167 */
export const invalidLayer = () =>
  new ServiceException('InvalidLayerException', 'None of the provided layer digests match the calculated layer digest')

/**
 * A part whose first byte does not follow the last one received; `lastValidByteReceived` tells the client where to go on. As
 * the registry says it in https://github.com/apple/container/issues/1895
 */
export const layerPartOutOfOrder = (upload: NamedUpload, firstByte: number, received: number) =>
  new ServiceException(
    'InvalidLayerPartException',
    `First byte of the layer part is ${firstByte} instead of ${received}`,
    {
      ...upload,
      lastValidByteReceived: received - 1,
    },
  )

/** (documented) A part of another size than it says, or larger than a part may be. */
export const invalidLayerPartSize = (upload: NamedUpload, received: number) =>
  new ServiceException(
    'InvalidLayerPartException',
    'The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload.',
    { ...upload, lastValidByteReceived: received - 1 },
  )

/** Second-hand: quoted in part by one who was refused so, and of the form of EmptyUploadException's sentence. */
export const uploadNotFound = (upload: NamedUpload) =>
  new ServiceException('UploadNotFoundException', `${inWords(upload)} does not exist`)
