import type { Registry } from './registry.js'

/*
 * The names under which AWS serves ECR and STS: of registries and of the APIs, at IPv4, dual-stack and FIPS endpoints.
 * https://docs.aws.amazon.com/general/latest/gr/ecr.html https://docs.aws.amazon.com/general/latest/gr/sts.html
 */

/** The form of the `registryHost` setting in which a registry has its name in AWS. */
export const REAL_REGISTRY_HOST = '{account}.dkr.ecr.{region}.amazonaws.com'

/** The names of a registry. `*` as the account makes wildcards of them, for a certificate. */
export const namesOfRegistry = ({ account, region }: Registry): string[] => [
  `${account}.dkr.ecr.${region}.amazonaws.com`,
  `${account}.dkr-ecr.${region}.on.aws`,
  `${account}.dkr.ecr-fips.${region}.amazonaws.com`,
  `${account}.dkr-ecr-fips.${region}.on.aws`,
]

/** The names of ECR's API in a Region, those that SDKs of different ages call. */
export const namesOfEcr = (region: string): string[] => [
  `api.ecr.${region}.amazonaws.com`,
  `ecr.${region}.amazonaws.com`,
  `ecr.${region}.api.aws`,
  `ecr-fips.${region}.amazonaws.com`,
  `ecr-fips.${region}.api.aws`,
  `api.ecr.${region}.api.aws`,
  `api.ecr-fips.${region}.amazonaws.com`,
]

/** The names of STS in a Region. */
export const namesOfSts = (region: string): string[] => [
  `sts.${region}.amazonaws.com`,
  `sts.${region}.api.aws`,
  `sts-fips.${region}.amazonaws.com`,
  `sts-fips.${region}.api.aws`,
]

/** The name of STS without a Region, which older SDKs call by default. */
export const GLOBAL_STS = 'sts.amazonaws.com'

/** Whether a Region has these names: those of China and of the sovereign and isolated partitions end otherwise. */
export const hasRealNames = (region: string): boolean => REGION.test(region) && !OTHER_NAMES.test(region)

const REGION = /^[a-z]{2,8}(-[a-z]{1,16}){1,3}-\d{1,2}$/
const OTHER_NAMES = /^(cn|eusc|[a-z]{2}-iso[a-z]?)-/
