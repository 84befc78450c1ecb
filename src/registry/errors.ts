import type { ImageId } from './images/image.js'

/** An error of the service, with AWS's code and message. Each plane has its own way to send it. */
export class ServiceException extends Error {
  override readonly name = 'ServiceException'
  constructor(
    readonly code: string,
    message = '',
    /** Members that some exceptions have besides their message. */
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

/*
 * The errors of ECR, one function each. The texts marked (documented) are AWS's one-line descriptions of exceptions:
 * the
 * exact messages of the service are not public. See docs/fidelity.md.
 */

export const invalidParameter = (message: string) => new ServiceException('InvalidParameterException', message)

/** ECR's form of validation errors, where other services have "1 validation error detected". */
export const invalidParameterAt = (member: string, constraint: string) =>
  invalidParameter(`Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`)

export const serverException = (message: string) => new ServiceException('ServerException', message)

export const accessDenied = (principalArn: string, action: string, resource: string, reason: string) =>
  new ServiceException(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  )

export const repositoryAlreadyExists = (name: string, account: string) =>
  new ServiceException(
    'RepositoryAlreadyExistsException',
    `The repository with name '${name}' already exists in the registry with id '${account}'`,
  )

export const repositoryNotFound = (name: string, account: string) =>
  new ServiceException(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${account}'`,
  )

export const repositoryNotEmpty = (name: string, account: string) =>
  new ServiceException(
    'RepositoryNotEmptyException',
    `The repository with name '${name}' in registry with id '${account}' cannot be deleted because it still contains images`,
  )

export const imageNotFound = ({ imageDigest, imageTag }: ImageId, name: string, account: string) =>
  new ServiceException(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${imageDigest ?? 'null'}', imageTag:'${imageTag ?? 'null'}'} does not exist within the repository with name '${name}' in the registry with id '${account}'`,
  )

export const imageAlreadyExists = (digest: string, tag: string | undefined, name: string, account: string) =>
  new ServiceException(
    'ImageAlreadyExistsException',
    `Image with digest '${digest}' and tag '${tag ?? 'null'}' already exists in the repository with name '${name}' in registry with id '${account}'`,
  )

export const imageTagAlreadyExists = (tag: string, name: string) =>
  new ServiceException(
    'ImageTagAlreadyExistsException',
    `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
  )

export const imageDigestDoesNotMatch = (digest: string, name: string, account: string) =>
  new ServiceException(
    'ImageDigestDoesNotMatchException',
    `The image with digest '${digest}' in repository '${name}' and registry ID '${account}' does not match the image digest that Amazon ECR has calculated.`,
  )

export const layersNotFound = (digests: string[], name: string, account: string) =>
  new ServiceException(
    'LayersNotFoundException',
    `Layers with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${name}' in the registry with id '${account}' do not exist`,
  )

export const referencedImagesNotFound = (digests: string[], name: string, account: string) =>
  new ServiceException(
    'ReferencedImagesNotFoundException',
    `Images with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${name}' in the registry with id '${account}' do not exist`,
  )

/** The captures have `ImageManifest`, with a capital I. */
export const invalidManifest = () => invalidParameterAt('ImageManifest', 'Invalid JSON syntax')

/** An image with more layers than the quota. As captured in https://github.com/openai/tart/issues/890 */
export const tooManyLayers = () => invalidParameterAt('ImageManifest', 'Limit on number of layers per image exceeded')

/** (inferred) */
export const tooManyManifests = (limit: number) =>
  invalidParameterAt('ImageManifest', `Limit on number of manifests per index exceeded: at most ${limit}`)

/** (documented) */
export const limitExceeded = () =>
  new ServiceException(
    'LimitExceededException',
    'The operation did not succeed because it would have exceeded a service limit for your account. For more information, see Amazon ECR service quotas in the Amazon Elastic Container Registry User Guide.',
  )

/** As captured in https://github.com/vllm-project/vllm/issues/48065 */
export const tooManyImages = (quota: number, name: string, account: string) =>
  new ServiceException(
    'LimitExceededException',
    `The repository with name '${name}' in registry with id '${account}' already has the maximum allowed number of images which is '${quota}'`,
  )

/** As captured in https://github.com/medic/cht-core/issues/11099 */
export const tooManyTagsOfImage = (tag: string, quota: number, name: string, account: string) =>
  new ServiceException(
    'LimitExceededException',
    `Adding tag '${tag}' to an image in the repository with name '${name}' in registry with id '${account}' exceeds the maximum allowed number of tags per image which is '${quota}'`,
  )

export const repositoryPolicyNotFound = (name: string, account: string) =>
  new ServiceException(
    'RepositoryPolicyNotFoundException',
    `Repository policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
  )

/** The message of all AWS services. SDKs and Docker wait and retry. */
export const rateExceeded = () => new ServiceException('ThrottlingException', 'Rate exceeded')

export const registryPolicyNotFound = (account: string) =>
  new ServiceException(
    'RegistryPolicyNotFoundException',
    `Registry policy does not exist in the registry with id '${account}'`,
  )

/** For a feature that the Region does not have. */
export const featureDisabled = () => new ServiceException('ValidationException', 'This feature is disabled')

export const invalidRegistryPolicy = () => invalidParameterAt('PolicyText', 'Invalid registry policy provided')

export const invalidRepositoryPolicy = () => invalidParameterAt('PolicyText', 'Invalid repository policy provided')

/** As captured in https://github.com/pulumi/pulumi-aws/issues/5714 */
export const nothingToUpdate = () =>
  invalidParameter('Invalid input: Please set either credential arn or role arn to update the credentials')

export const invalidArn = () => invalidParameterAt('resourceArn', 'Invalid ARN')

export const invalidTagParameter = () =>
  new ServiceException('InvalidTagParameterException', 'Tag parameters are invalid')

/** (documented) */
export const tooManyTags = () =>
  new ServiceException(
    'TooManyTagsException',
    'The list of tags on the repository is over the limit. The maximum number of tags that can be applied to a repository is 50.',
  )

export const unsupportedUpstreamRegistry = (url: string) =>
  new ServiceException(
    'UnsupportedUpstreamRegistryException',
    `The upstream registry URL ${url} is invalid. Specify a valid upstream registry URL and try again`,
  )

/** The captured text ends after this sentence. */
export const upstreamRequiresAuthentication = () =>
  new ServiceException(
    'UnsupportedUpstreamRegistryException',
    'The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN',
  )

/** The second sentence is (documented). */
export const secretNotFound = () =>
  new ServiceException(
    'SecretNotFoundException',
    'The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.',
  )

/** (documented) */
export const pullThroughCacheRuleAlreadyExists = () =>
  new ServiceException(
    'PullThroughCacheRuleAlreadyExistsException',
    'A pull through cache rule with these settings already exists for the private registry.',
  )

/** (documented) */
export const pullThroughCacheRuleNotFound = () =>
  new ServiceException(
    'PullThroughCacheRuleNotFoundException',
    'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
  )
