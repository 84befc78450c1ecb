import { createRepositoryCreationTemplate } from './operations/creation-templates/create-repository-creation-template.js'
import { deleteRepositoryCreationTemplate } from './operations/creation-templates/delete-repository-creation-template.js'
import { describeRepositoryCreationTemplates } from './operations/creation-templates/describe-repository-creation-templates.js'
import { updateRepositoryCreationTemplate } from './operations/creation-templates/update-repository-creation-template.js'
import { batchDeleteImage } from './operations/images/batch-delete-image.js'
import { batchGetImage } from './operations/images/batch-get-image.js'
import { batchImportUpstreamImage } from './operations/images/batch-import-upstream-image.js'
import { describeImages } from './operations/images/describe-images.js'
import { listImageReferrers } from './operations/images/list-image-referrers.js'
import { listImages } from './operations/images/list-images.js'
import { putImage } from './operations/images/put-image.js'
import { updateImageStorageClass } from './operations/images/update-image-storage-class.js'
import { batchCheckLayerAvailability } from './operations/layers/batch-check-layer-availability.js'
import { completeLayerUpload } from './operations/layers/complete-layer-upload.js'
import { getDownloadUrlForLayer } from './operations/layers/get-download-url-for-layer.js'
import { initiateLayerUpload } from './operations/layers/initiate-layer-upload.js'
import { uploadLayerPart } from './operations/layers/upload-layer-part.js'
import { deleteLifecyclePolicy } from './operations/lifecycle/delete-lifecycle-policy.js'
import { getLifecyclePolicyPreview } from './operations/lifecycle/get-lifecycle-policy-preview.js'
import { getLifecyclePolicy } from './operations/lifecycle/get-lifecycle-policy.js'
import { putLifecyclePolicy } from './operations/lifecycle/put-lifecycle-policy.js'
import { startLifecyclePolicyPreview } from './operations/lifecycle/start-lifecycle-policy-preview.js'
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
import { deregisterPullTimeUpdateExclusion } from './operations/pull-time/deregister-pull-time-update-exclusion.js'
import { registerPullTimeUpdateExclusion } from './operations/pull-time/register-pull-time-update-exclusion.js'
import { listPullTimeUpdateExclusions } from './operations/pull-time/list-pull-time-update-exclusions.js'
import { describeImageReplicationStatus } from './operations/replication/describe-image-replication-status.js'
import { describeReplicationBackfillResults } from './operations/replication/describe-replication-backfill-results.js'
import { listReplicationBackfills } from './operations/replication/list-replication-backfills.js'
import { putReplicationConfiguration } from './operations/replication/put-replication-configuration.js'
import { startReplicationBackfill } from './operations/replication/start-replication-backfill.js'
import { stopReplicationBackfill } from './operations/replication/stop-replication-backfill.js'
import { createRepository } from './operations/repositories/create-repository.js'
import { deleteRepositoryPolicy } from './operations/repositories/delete-repository-policy.js'
import { deleteRepository } from './operations/repositories/delete-repository.js'
import { describeRepositories } from './operations/repositories/describe-repositories.js'
import { getRepositoryPolicy } from './operations/repositories/get-repository-policy.js'
import { putImageTagMutability } from './operations/repositories/put-image-tag-mutability.js'
import { setRepositoryPolicy } from './operations/repositories/set-repository-policy.js'
import { deleteSigningConfiguration } from './operations/signing/delete-signing-configuration.js'
import { getSigningConfiguration } from './operations/signing/get-signing-configuration.js'
import { putSigningConfiguration } from './operations/signing/put-signing-configuration.js'
import { describeImageSigningStatus } from './operations/signing/describe-image-signing-status.js'
import { batchGetRepositoryScanningConfiguration } from './operations/scanning/batch-get-repository-scanning-configuration.js'
import { describeImageScanFindings } from './operations/scanning/describe-image-scan-findings.js'
import { getRegistryScanningConfiguration } from './operations/scanning/get-registry-scanning-configuration.js'
import { putImageScanningConfiguration } from './operations/scanning/put-image-scanning-configuration.js'
import { putRegistryScanningConfiguration } from './operations/scanning/put-registry-scanning-configuration.js'
import { startImageScan } from './operations/scanning/start-image-scan.js'
import { listTagsForResource } from './operations/tags/list-tags-for-resource.js'
import { tagResource } from './operations/tags/tag-resource.js'
import { untagResource } from './operations/tags/untag-resource.js'
import type { Operation, OperationName } from './operation.js'

/** The API of ECR, each operation by its AWS name. The type requires every operation of the SDK. */
export const operations: { readonly [N in OperationName]: Operation<N> } = {
  BatchCheckLayerAvailability: batchCheckLayerAvailability,
  BatchDeleteImage: batchDeleteImage,
  BatchGetImage: batchGetImage,
  BatchGetRepositoryScanningConfiguration: batchGetRepositoryScanningConfiguration,
  BatchImportUpstreamImage: batchImportUpstreamImage,
  CompleteLayerUpload: completeLayerUpload,
  CreatePullThroughCacheRule: createPullThroughCacheRule,
  CreateRepository: createRepository,
  CreateRepositoryCreationTemplate: createRepositoryCreationTemplate,
  DeleteLifecyclePolicy: deleteLifecyclePolicy,
  DeletePullThroughCacheRule: deletePullThroughCacheRule,
  DeleteRegistryPolicy: deleteRegistryPolicy,
  DeleteRepository: deleteRepository,
  DeleteRepositoryCreationTemplate: deleteRepositoryCreationTemplate,
  DeleteRepositoryPolicy: deleteRepositoryPolicy,
  DeleteSigningConfiguration: deleteSigningConfiguration,
  DeregisterPullTimeUpdateExclusion: deregisterPullTimeUpdateExclusion,
  DescribeImageReplicationStatus: describeImageReplicationStatus,
  DescribeImageScanFindings: describeImageScanFindings,
  DescribeImageSigningStatus: describeImageSigningStatus,
  DescribeImages: describeImages,
  DescribePullThroughCacheRules: describePullThroughCacheRules,
  DescribeRegistry: describeRegistry,
  DescribeReplicationBackfillResults: describeReplicationBackfillResults,
  DescribeRepositories: describeRepositories,
  DescribeRepositoryCreationTemplates: describeRepositoryCreationTemplates,
  GetAccountSetting: getAccountSetting,
  GetAuthorizationToken: getAuthorizationToken,
  GetDownloadUrlForLayer: getDownloadUrlForLayer,
  GetLifecyclePolicy: getLifecyclePolicy,
  GetLifecyclePolicyPreview: getLifecyclePolicyPreview,
  GetRegistryPolicy: getRegistryPolicy,
  GetRegistryScanningConfiguration: getRegistryScanningConfiguration,
  GetRepositoryPolicy: getRepositoryPolicy,
  GetSigningConfiguration: getSigningConfiguration,
  InitiateLayerUpload: initiateLayerUpload,
  ListImageReferrers: listImageReferrers,
  ListImages: listImages,
  ListPullTimeUpdateExclusions: listPullTimeUpdateExclusions,
  ListReplicationBackfills: listReplicationBackfills,
  ListTagsForResource: listTagsForResource,
  PutAccountSetting: putAccountSetting,
  PutImage: putImage,
  PutImageScanningConfiguration: putImageScanningConfiguration,
  PutImageTagMutability: putImageTagMutability,
  PutLifecyclePolicy: putLifecyclePolicy,
  PutRegistryPolicy: putRegistryPolicy,
  PutRegistryScanningConfiguration: putRegistryScanningConfiguration,
  PutReplicationConfiguration: putReplicationConfiguration,
  PutSigningConfiguration: putSigningConfiguration,
  RegisterPullTimeUpdateExclusion: registerPullTimeUpdateExclusion,
  SetRepositoryPolicy: setRepositoryPolicy,
  StartImageScan: startImageScan,
  StartLifecyclePolicyPreview: startLifecyclePolicyPreview,
  StartReplicationBackfill: startReplicationBackfill,
  StopReplicationBackfill: stopReplicationBackfill,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateImageStorageClass: updateImageStorageClass,
  UpdatePullThroughCacheRule: updatePullThroughCacheRule,
  UpdateRepositoryCreationTemplate: updateRepositoryCreationTemplate,
  UploadLayerPart: uploadLayerPart,
  ValidatePullThroughCacheRule: validatePullThroughCacheRule,
}
