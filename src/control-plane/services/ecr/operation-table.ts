import { batchDeleteImage } from './operations/images/batch-delete-image.js'
import { batchGetImage } from './operations/images/batch-get-image.js'
import { batchImportUpstreamImage } from './operations/images/batch-import-upstream-image.js'
import { describeImages } from './operations/images/describe-images.js'
import { listImageReferrers } from './operations/images/list-image-referrers.js'
import { listImages } from './operations/images/list-images.js'
import { putImage } from './operations/images/put-image.js'
import { batchCheckLayerAvailability } from './operations/layers/batch-check-layer-availability.js'
import { completeLayerUpload } from './operations/layers/complete-layer-upload.js'
import { getDownloadUrlForLayer } from './operations/layers/get-download-url-for-layer.js'
import { initiateLayerUpload } from './operations/layers/initiate-layer-upload.js'
import { uploadLayerPart } from './operations/layers/upload-layer-part.js'
import { createPullThroughCacheRule } from './operations/pull-through-cache/create-pull-through-cache-rule.js'
import { deletePullThroughCacheRule } from './operations/pull-through-cache/delete-pull-through-cache-rule.js'
import { describePullThroughCacheRules } from './operations/pull-through-cache/describe-pull-through-cache-rules.js'
import { updatePullThroughCacheRule } from './operations/pull-through-cache/update-pull-through-cache-rule.js'
import { validatePullThroughCacheRule } from './operations/pull-through-cache/validate-pull-through-cache-rule.js'
import { deleteRegistryPolicy } from './operations/registry/delete-registry-policy.js'
import { describeRegistry } from './operations/registry/describe-registry.js'
import { getAccountSetting } from './operations/registry/get-account-setting.js'
import { getAuthorizationToken } from './operations/registry/get-authorization-token.js'
import { getRegistryPolicy } from './operations/registry/get-registry-policy.js'
import { putAccountSetting } from './operations/registry/put-account-setting.js'
import { putRegistryPolicy } from './operations/registry/put-registry-policy.js'
import { createRepository } from './operations/repositories/create-repository.js'
import { deleteRepositoryPolicy } from './operations/repositories/delete-repository-policy.js'
import { deleteRepository } from './operations/repositories/delete-repository.js'
import { describeRepositories } from './operations/repositories/describe-repositories.js'
import { getRepositoryPolicy } from './operations/repositories/get-repository-policy.js'
import { putImageTagMutability } from './operations/repositories/put-image-tag-mutability.js'
import { setRepositoryPolicy } from './operations/repositories/set-repository-policy.js'
import { listTagsForResource } from './operations/tags/list-tags-for-resource.js'
import { tagResource } from './operations/tags/tag-resource.js'
import { untagResource } from './operations/tags/untag-resource.js'
import type { Operation, OperationName } from './operation.js'
import { builtIn, type NotBuilt, notBuilt } from '../not-built.js'

/**
 * The API of ECR, each operation by its AWS name. The type requires every operation of the SDK. Calls of operations
 * that are not built are refused; docs/fidelity.md lists them.
 */
export const operationTable: { readonly [N in OperationName]: Operation<N> | NotBuilt } = {
  BatchCheckLayerAvailability: batchCheckLayerAvailability,
  BatchDeleteImage: batchDeleteImage,
  BatchGetImage: batchGetImage,
  BatchGetRepositoryScanningConfiguration: notBuilt,
  BatchImportUpstreamImage: batchImportUpstreamImage,
  CompleteLayerUpload: completeLayerUpload,
  CreatePullThroughCacheRule: createPullThroughCacheRule,
  CreateRepository: createRepository,
  CreateRepositoryCreationTemplate: notBuilt,
  DeleteLifecyclePolicy: notBuilt,
  DeletePullThroughCacheRule: deletePullThroughCacheRule,
  DeleteRegistryPolicy: deleteRegistryPolicy,
  DeleteRepository: deleteRepository,
  DeleteRepositoryCreationTemplate: notBuilt,
  DeleteRepositoryPolicy: deleteRepositoryPolicy,
  DeleteSigningConfiguration: notBuilt,
  DeregisterPullTimeUpdateExclusion: notBuilt,
  DescribeImageReplicationStatus: notBuilt,
  DescribeImageScanFindings: notBuilt,
  DescribeImageSigningStatus: notBuilt,
  DescribeImages: describeImages,
  DescribePullThroughCacheRules: describePullThroughCacheRules,
  DescribeRegistry: describeRegistry,
  DescribeReplicationBackfillResults: notBuilt,
  DescribeRepositories: describeRepositories,
  DescribeRepositoryCreationTemplates: notBuilt,
  GetAccountSetting: getAccountSetting,
  GetAuthorizationToken: getAuthorizationToken,
  GetDownloadUrlForLayer: getDownloadUrlForLayer,
  GetLifecyclePolicy: notBuilt,
  GetLifecyclePolicyPreview: notBuilt,
  GetRegistryPolicy: getRegistryPolicy,
  GetRegistryScanningConfiguration: notBuilt,
  GetRepositoryPolicy: getRepositoryPolicy,
  GetSigningConfiguration: notBuilt,
  InitiateLayerUpload: initiateLayerUpload,
  ListImageReferrers: listImageReferrers,
  ListImages: listImages,
  ListPullTimeUpdateExclusions: notBuilt,
  ListReplicationBackfills: notBuilt,
  ListTagsForResource: listTagsForResource,
  PutAccountSetting: putAccountSetting,
  PutImage: putImage,
  PutImageScanningConfiguration: notBuilt,
  PutImageTagMutability: putImageTagMutability,
  PutLifecyclePolicy: notBuilt,
  PutRegistryPolicy: putRegistryPolicy,
  PutRegistryScanningConfiguration: notBuilt,
  PutReplicationConfiguration: notBuilt,
  PutSigningConfiguration: notBuilt,
  RegisterPullTimeUpdateExclusion: notBuilt,
  SetRepositoryPolicy: setRepositoryPolicy,
  StartImageScan: notBuilt,
  StartLifecyclePolicyPreview: notBuilt,
  StartReplicationBackfill: notBuilt,
  StopReplicationBackfill: notBuilt,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateImageStorageClass: notBuilt,
  UpdatePullThroughCacheRule: updatePullThroughCacheRule,
  UpdateRepositoryCreationTemplate: notBuilt,
  UploadLayerPart: uploadLayerPart,
  ValidatePullThroughCacheRule: validatePullThroughCacheRule,
}

/** The operations that are built. */
export const operations: { readonly [N in OperationName]?: Operation<N> } = builtIn(operationTable)
