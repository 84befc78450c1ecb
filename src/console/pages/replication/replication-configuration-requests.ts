import {
  DescribeRegistryCommand,
  type ECRClient,
  PutReplicationConfigurationCommand,
  type ReplicationRule,
} from '@aws-sdk/client-ecr'
import { useEcr, useEcrChange } from '../../requests/use-ecr.js'

/** The replication rules of the registry, which have no names: a rule is known by its place. */
export function useReplicationRules() {
  const { data, error } = useEcr('DescribeRegistry', new DescribeRegistryCommand({}))
  return { rules: data && (data.replicationConfiguration?.rules ?? []), error }
}

/** A change of one rule: what was shown in its place, and what shall be there. Without `before` it is new. */
interface RuleChange {
  readonly index?: number
  readonly before?: ReplicationRule
  /** Absent to delete the rule. */
  readonly after?: ReplicationRule
}

/**
 * Changes one rule. The API takes only all rules at once, so they are read first, and nothing is put if the place holds
 * another rule than the one that was shown.
 */
export const useRuleChange = (options: { readonly said: string; readonly onSuccess?: () => void }) =>
  useEcrChange(
    async (client, change: RuleChange) => {
      const rules = changed(await currentRules(client), change)
      await client.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }))
    },
    { succeeded: () => options.said, ...(options.onSuccess && { onSuccess: options.onSuccess }) },
  )

async function currentRules(client: ECRClient): Promise<ReplicationRule[]> {
  const { replicationConfiguration } = await client.send(new DescribeRegistryCommand({}))
  return replicationConfiguration?.rules ?? []
}

function changed(rules: ReplicationRule[], { index, before, after }: RuleChange): ReplicationRule[] {
  if (index === undefined) return after ? [...rules, after] : rules
  if (JSON.stringify(rules[index]) !== JSON.stringify(before))
    throw new Error(
      'The replication rules were changed elsewhere meanwhile. They are shown as they are now: try again.',
    )
  return after ? rules.with(index, after) : rules.toSpliced(index, 1)
}
