import type { Records } from './ports/store.js'

/** The collections whose key is a repository's name. Their records are removed with the repository. */
export const collectionsOfRepository: readonly (keyof Records)[] = [
  'repositoryPolicies',
  'lifecyclePolicies',
  'lifecyclePreviews',
]

/** The collections whose key is a repository's name and a digest. Their records are removed with the image. */
export const collectionsOfImage: readonly (keyof Records)[] = [
  'imageReplications',
  'lifecyclePreviewResults',
  'imageScans',
  'imageFindings',
  'imageSignings',
]
