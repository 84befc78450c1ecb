import type { ImageDetail } from '@aws-sdk/client-ecr'

/** What the tabs of an image's page show. */
export interface ShownImage {
  readonly repository: string
  readonly digest: string
  readonly image: ImageDetail
}
