import type { ReplicationConfiguration } from '@aws-sdk/client-ecr'
import type { ReplicationRule } from '../../../../registry/replication/replication-configuration.js'
import type { Input } from '../operation.js'

type RulesInput = Input<'PutReplicationConfiguration'>['replicationConfiguration']['rules']

/** The rules of a request, without what the API does not have. */
export const replicationRules = (rules: RulesInput): ReplicationRule[] =>
  rules.map(({ destinations, repositoryFilters }) => ({
    destinations: destinations.map(({ region, registryId }) => ({ region, registryId })),
    ...(repositoryFilters && {
      repositoryFilters: repositoryFilters.map(({ filter, filterType }) => ({ filter, filterType })),
    }),
  }))

/** The rules of a registry as the API describes them. */
export const replicationShape = (rules: readonly ReplicationRule[]): ReplicationConfiguration => ({
  rules: rules.map(({ destinations, repositoryFilters }) => ({
    destinations: [...destinations],
    ...(repositoryFilters && { repositoryFilters: [...repositoryFilters] }),
  })),
})
