import {
  DeleteRegistryPolicyCommand,
  type ECRClient,
  GetRegistryPolicyCommand,
  PutRegistryPolicyCommand,
  RegistryPolicyNotFoundException,
} from '@aws-sdk/client-ecr'
import { useQuery } from '@tanstack/react-query'
import { statementsOf, type WrittenStatement } from '../../../registry/permissions/registry-policy-text.js'
import { useEcrClient } from '../../requests/use-ecr.js'

/** The address of the policy. */
export const PERMISSIONS_PATH = '/private-registry/permissions'

/** The policy of the registry. */
export interface RegistryPermissions {
  /** Absent if there is none. */
  readonly policyText?: string
  readonly statements: readonly WrittenStatement[]
}

/** The policy of the registry and its statements; empty if it has none. */
export function useRegistryPolicy() {
  const client = useEcrClient()
  return useQuery({
    queryKey: ['ecr', 'GetRegistryPolicy', {}],
    queryFn: async ({ signal }): Promise<RegistryPermissions> => {
      const policyText = await registryPolicyText(client, signal)
      return { ...(policyText !== undefined && { policyText }), statements: statementsOf(policyText) }
    },
  })
}

/** The text of the policy as it is now; undefined if there is none. */
export async function registryPolicyText(client: ECRClient, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const options = signal ? { abortSignal: signal } : {}
    return (await client.send(new GetRegistryPolicyCommand({}), options)).policyText
  } catch (error) {
    if (error instanceof RegistryPolicyNotFoundException) return undefined
    throw error
  }
}

/** Makes this the policy; without a text there is none afterwards. */
export async function replaceRegistryPolicy(client: ECRClient, policyText: string | undefined): Promise<void> {
  if (policyText === undefined) await client.send(new DeleteRegistryPolicyCommand({}))
  else await client.send(new PutRegistryPolicyCommand({ policyText }))
}
