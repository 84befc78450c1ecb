import { batchDeleteImage } from './images/batch-delete-image.js'
import { batchGetImage } from './images/batch-get-image.js'
import { batchImportUpstreamImage } from './images/batch-import-upstream-image.js'
import { describeImages } from './images/describe-images.js'
import { listImages } from './images/list-images.js'
import { putImage } from './images/put-image.js'
import { batchCheckLayerAvailability } from './layers/batch-check-layer-availability.js'
import { completeLayerUpload } from './layers/complete-layer-upload.js'
import { getDownloadUrlForLayer } from './layers/get-download-url-for-layer.js'
import { initiateLayerUpload } from './layers/initiate-layer-upload.js'
import { uploadLayerPart } from './layers/upload-layer-part.js'
import type { Operation, OperationName } from './operation.js'
import { createPullThroughCacheRule } from './pull-through/create-pull-through-cache-rule.js'
import { deletePullThroughCacheRule } from './pull-through/delete-pull-through-cache-rule.js'
import { describePullThroughCacheRules } from './pull-through/describe-pull-through-cache-rules.js'
import { updatePullThroughCacheRule } from './pull-through/update-pull-through-cache-rule.js'
import { validatePullThroughCacheRule } from './pull-through/validate-pull-through-cache-rule.js'
import { deleteRegistryPolicy } from './registry/delete-registry-policy.js'
import { describeRegistry } from './registry/describe-registry.js'
import { getAccountSetting } from './registry/get-account-setting.js'
import { getAuthorizationToken } from './registry/get-authorization-token.js'
import { getRegistryPolicy } from './registry/get-registry-policy.js'
import { putAccountSetting } from './registry/put-account-setting.js'
import { putRegistryPolicy } from './registry/put-registry-policy.js'
import { createRepository } from './repositories/create-repository.js'
import { deleteRepositoryPolicy } from './repositories/delete-repository-policy.js'
import { deleteRepository } from './repositories/delete-repository.js'
import { describeRepositories } from './repositories/describe-repositories.js'
import { getRepositoryPolicy } from './repositories/get-repository-policy.js'
import { putImageTagMutability } from './repositories/put-image-tag-mutability.js'
import { setRepositoryPolicy } from './repositories/set-repository-policy.js'
import { listTagsForResource } from './tags/list-tags-for-resource.js'
import { tagResource } from './tags/tag-resource.js'
import { untagResource } from './tags/untag-resource.js'

/** The operations we implement, by their AWS name. */
export const operations: { [N in OperationName]?: Operation<N> } = {
  BatchCheckLayerAvailability: batchCheckLayerAvailability,
  BatchDeleteImage: batchDeleteImage,
  BatchGetImage: batchGetImage,
  BatchImportUpstreamImage: batchImportUpstreamImage,
  CompleteLayerUpload: completeLayerUpload,
  CreatePullThroughCacheRule: createPullThroughCacheRule,
  CreateRepository: createRepository,
  DeletePullThroughCacheRule: deletePullThroughCacheRule,
  DeleteRegistryPolicy: deleteRegistryPolicy,
  DeleteRepository: deleteRepository,
  DeleteRepositoryPolicy: deleteRepositoryPolicy,
  DescribeImages: describeImages,
  DescribePullThroughCacheRules: describePullThroughCacheRules,
  DescribeRegistry: describeRegistry,
  DescribeRepositories: describeRepositories,
  GetAccountSetting: getAccountSetting,
  GetAuthorizationToken: getAuthorizationToken,
  GetDownloadUrlForLayer: getDownloadUrlForLayer,
  GetRegistryPolicy: getRegistryPolicy,
  GetRepositoryPolicy: getRepositoryPolicy,
  InitiateLayerUpload: initiateLayerUpload,
  ListImages: listImages,
  ListTagsForResource: listTagsForResource,
  PutAccountSetting: putAccountSetting,
  PutImage: putImage,
  PutImageTagMutability: putImageTagMutability,
  PutRegistryPolicy: putRegistryPolicy,
  SetRepositoryPolicy: setRepositoryPolicy,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdatePullThroughCacheRule: updatePullThroughCacheRule,
  UploadLayerPart: uploadLayerPart,
  ValidatePullThroughCacheRule: validatePullThroughCacheRule,
}
