import { invalidParameterAt } from '../errors.js'
import type { Registry } from '../registry.js'
import { matchesWildcards } from '../wildcards.js'

/**
 * Which images are signed when they are pushed, and with which profiles of AWS Signer.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html
 */
export interface SigningConfiguration {
  readonly rules: SigningRule[]
}

/** Without filters a rule applies to every repository, with several to those that match one of them. */
interface SigningRule {
  readonly signingProfileArn: string
  readonly repositoryFilters?: RepositoryFilter[]
}

interface RepositoryFilter {
  readonly filter: string
  readonly filterType: 'WILDCARD_MATCH'
}

/** The record that a pushed image was to be signed. Nothing signs it here. */
export interface ImageSigning {
  readonly repository: string
  readonly digest: string
  /** The signing profiles that applied when it was pushed. */
  readonly signingProfileArns: readonly string[]
}

/** A configuration as PutSigningConfiguration takes it. */
interface SigningInput {
  readonly rules: readonly {
    readonly signingProfileArn: string
    readonly repositoryFilters?: RepositoryFilter[] | undefined
  }[]
}

/** The key of a registry's signing configuration, of which it has at most one. */
export const SIGNING_CONFIGURATION = 'signing'

/**
 * Validates a configuration: signing profiles may be of other accounts, not of other Regions. Throws
 * InvalidParameterException with a message that is (inferred).
 */
export function acceptSigningConfiguration({ rules }: SigningInput, { region }: Registry): SigningConfiguration {
  const foreign = rules.find(({ signingProfileArn }) => signingProfileArn.split(':')[3] !== region)
  if (foreign)
    throw invalidParameterAt(
      'signingConfiguration',
      `Signing profile '${foreign.signingProfileArn}' must be in the Region of the registry, ${region}`,
    )
  return {
    rules: rules.map(({ signingProfileArn, repositoryFilters }) => ({
      signingProfileArn,
      ...(repositoryFilters && { repositoryFilters }),
    })),
  }
}

/** The ARNs of the signing profiles that apply to a repository, each once, in the order of the rules. */
export const profilesFor = ({ rules }: SigningConfiguration, repository: string): string[] => [
  ...new Set(
    rules
      .filter(
        ({ repositoryFilters }) =>
          repositoryFilters?.some(({ filter }) => matchesWildcards(filter, repository)) ?? true,
      )
      .map(({ signingProfileArn }) => signingProfileArn),
  ),
]
