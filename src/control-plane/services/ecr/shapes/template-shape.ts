import type { RepositoryCreationTemplate as SdkTemplate } from '@aws-sdk/client-ecr'
import type { RepositoryCreationTemplate } from '../../../../registry/creation-templates/creation-template.js'

/** A template as the API returns it. Members that were never set are omitted; two of them have defaults. */
export const templateShape = (template: RepositoryCreationTemplate): SdkTemplate => {
  const { encryption, resourceTags, appliedFor, createdAt, updatedAt, ...asStored } = template
  return {
    ...asStored,
    encryptionConfiguration: encryption,
    appliedFor: [...appliedFor],
    ...(resourceTags && { resourceTags: [...resourceTags] }),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  }
}
