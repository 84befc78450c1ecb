/**
 * The service quotas of a registry. All of them are settings here, including those that AWS does not adjust.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
 */
export interface Quotas {
  /** Repositories in a registry. */
  readonly repositories: number
  /** Images in a repository. Each manifest counts once, however many tags it has. */
  readonly imagesPerRepository: number
  /** Tags of an image. */
  readonly tagsPerImage: number
  /** Layers of a manifest, not counting its config. */
  readonly layersPerImage: number
  /** Size of a layer in MiB. */
  readonly layerMiB: number
  /** Parts of an upload through the API. */
  readonly layerParts: number
  /** Smallest size in MiB of each part of an upload except the last. */
  readonly minimumLayerPartMiB: number
  /** Largest size in MiB of a part of an upload through the API. */
  readonly maximumLayerPartMiB: number
  /** Pull through cache rules in a registry. */
  readonly pullThroughCacheRules: number
  /** Users and roles whose pulls are not recorded, in a registry. */
  readonly pullTimeUpdateExclusions: number
  /** Basic scans that a registry may start in 24 hours. */
  readonly scansPerDay: number
}

/** Bytes in a MiB, the unit of the sizes here. */
export const MIB = 1024 * 1024

/**
 * The defaults of the service. Two are not those of its quotas page: 500 layers is what users measured
 * (https://github.com/spinframework/spin/issues/1787), and 10 rules is the quota that the cache was introduced with;
 * today it is 50.
 */
export const defaultQuotas: Quotas = {
  repositories: 100_000,
  imagesPerRepository: 100_000,
  tagsPerImage: 1_000,
  layersPerImage: 500,
  layerMiB: 52_000,
  layerParts: 4_200,
  minimumLayerPartMiB: 5,
  maximumLayerPartMiB: 10,
  pullThroughCacheRules: 10,
  pullTimeUpdateExclusions: 100,
  scansPerDay: 100_000,
}
