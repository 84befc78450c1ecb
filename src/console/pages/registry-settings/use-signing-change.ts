import {
  DeleteSigningConfigurationCommand,
  type ECRClient,
  GetSigningConfigurationCommand,
  PutSigningConfigurationCommand,
  SigningConfigurationNotFoundException,
  type SigningRule,
} from '@aws-sdk/client-ecr'
import { useEcrChange } from '../../requests/use-ecr.js'

/** A rule to add, or one to remove. */
interface SigningChange {
  readonly added?: SigningRule
  readonly removed?: SigningRule
}

/**
 * Adds or removes a rule. The API takes only all of them at once, so they are read first; the configuration is deleted
 * with its last rule.
 */
export const useSigningChange = ({ said, onSuccess }: { readonly said: string; readonly onSuccess: () => void }) =>
  useEcrChange(
    async (client, { added, removed }: SigningChange) => {
      const kept = (await currentRules(client)).filter((rule) => JSON.stringify(rule) !== JSON.stringify(removed))
      const rules = added ? [...kept, added] : kept
      if (rules.length === 0) await client.send(new DeleteSigningConfigurationCommand({}))
      else await client.send(new PutSigningConfigurationCommand({ signingConfiguration: { rules } }))
    },
    { succeeded: () => said, onSuccess },
  )

async function currentRules(client: ECRClient): Promise<SigningRule[]> {
  try {
    const { signingConfiguration } = await client.send(new GetSigningConfigurationCommand({}))
    return signingConfiguration?.rules ?? []
  } catch (error) {
    if (error instanceof SigningConfigurationNotFoundException) return []
    throw error
  }
}
