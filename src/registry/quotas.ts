/**
 * How much a registry may hold, as the service bounds it. Which of them AWS would raise is its matter; here all of them are settings.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
 */
export interface Quotas {
  /** Repositories of one registry. */
  readonly repositories: number
  /** Images of one repository, each manifest counted once, however many tags it has. */
  readonly imagesPerRepository: number
  /** Tags of one image. */
  readonly tagsPerImage: number
  /** Layers of one manifest, its config not counted. */
  readonly layersPerImage: number
  /** MiB of one layer. */
  readonly layerMiB: number
  /** Parts of one upload through the API. */
  readonly layerParts: number
  /** The least MiB of every part of an upload but the last. */
  readonly minimumLayerPartMiB: number
  /** The most MiB of one part of an upload through the API. */
  readonly maximumLayerPartMiB: number
  /** Pull through cache rules of one registry. */
  readonly pullThroughCacheRules: number
}

/** The bytes of one MiB, the unit of sizes here. */
export const MIB = 1024 * 1024

/**
 * The service's own values. Two are none of its page: 500 layers are what those who pushed more measured
 * (https://github.com/spinframework/spin/issues/1787), and 10 rules are what the cache began with; today the service has 50.
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
}
