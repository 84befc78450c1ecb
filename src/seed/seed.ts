import type * as sdk from '@aws-sdk/client-ecr'

/** The setting `seed`: what registries hold from the start on. A list where there is more than one registry. */
export type Seed = SeedRegistry | readonly SeedRegistry[]

/** A policy as a JSON object, or as the text that the API takes. */
export type SeedPolicy = string | object

/** An input of the API, whose registry is named once for all entries, and whose policies may be objects. */
type Entry<Input, PolicyMember extends string = never> = Readonly<Omit<Input, 'registryId' | PolicyMember>> &
  Readonly<Partial<Record<PolicyMember, SeedPolicy>>>

/**
 * What one registry holds. Entries are inputs of the API with its names, and what an entry leaves out stays as it is.
 * seed.schema.json, which editors use, is made from the same model.
 */
export interface SeedRegistry {
  /** The account. Default: the only account that is described, or 000000000000 if there is no access key. */
  readonly registryId?: string
  /** Default: us-east-1. */
  readonly region?: string
  readonly accountSettings?: readonly Entry<sdk.PutAccountSettingRequest>[]
  readonly registryPolicy?: SeedPolicy
  readonly registryScanningConfiguration?: Entry<sdk.PutRegistryScanningConfigurationRequest>
  readonly signingConfiguration?: sdk.SigningConfiguration
  /** ARNs of roles and users. */
  readonly pullTimeUpdateExclusions?: readonly string[]
  readonly repositoryCreationTemplates?: readonly Entry<
    sdk.CreateRepositoryCreationTemplateRequest,
    'repositoryPolicy' | 'lifecyclePolicy'
  >[]
  readonly pullThroughCacheRules?: readonly Entry<sdk.CreatePullThroughCacheRuleRequest>[]
  /** With the policies of SetRepositoryPolicy and PutLifecyclePolicy. */
  readonly repositories?: readonly Entry<sdk.CreateRepositoryRequest, 'policyText' | 'lifecyclePolicyText'>[]
  readonly replicationConfiguration?: sdk.ReplicationConfiguration
  /** Images to import through cache rules: `ecr-public/nginx/nginx:latest`. */
  readonly images?: readonly string[]
}
