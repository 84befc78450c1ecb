/** A rule of a lifecycle policy, as its JSON has it. */
export interface LifecycleRule {
  /** Unique in the policy; the lowest is applied first. */
  readonly rulePriority: number
  readonly description?: string
  readonly selection: {
    readonly tagStatus: 'tagged' | 'untagged' | 'any'
    /** All of them must match a tag of the image. */
    readonly tagPatternList?: readonly string[]
    readonly tagPrefixList?: readonly string[]
    /** `standard` if absent. */
    readonly storageClass?: StorageClassName
    readonly countType: 'imageCountMoreThan' | 'sinceImagePushed' | 'sinceImagePulled' | 'sinceImageTransitioned'
    /** A number of images, or of days. */
    readonly countNumber: number
  }
  readonly action: { readonly type: 'expire' | 'transition' }
}

/** The storage classes, as lifecycle policies spell them. */
type StorageClassName = 'standard' | 'archive'

/** The storage class whose images a rule selects. */
export const classOf = ({ selection }: LifecycleRule): StorageClassName => selection.storageClass ?? 'standard'

/** The rules of an accepted policy, in the order in which they are applied. */
export const rulesIn = (acceptedText: string): LifecycleRule[] =>
  [...(JSON.parse(acceptedText) as { rules: LifecycleRule[] }).rules].sort((a, b) => a.rulePriority - b.rulePriority)
