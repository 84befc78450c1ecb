import {
  DeleteRegistryPolicyCommand,
  type ECRClient,
  GetRegistryPolicyCommand,
  PutRegistryPolicyCommand,
  RegistryPolicyNotFoundException,
} from '@aws-sdk/client-ecr'
import { statementsOf, type WrittenStatement } from '../../../registry/permissions/registry-policy-text.js'
import { useEcrOptional } from '../../requests/use-ecr.js'

/** The address of the policy. */
export const PERMISSIONS_PATH = '/private-registry/permissions'

/** The address of the form for a statement about a namespace. */
export const generatePath = (namespace: string) =>
  `${PERMISSIONS_PATH}/generate?${new URLSearchParams({ namespace }).toString()}`

/** The policy of the registry. */
export interface RegistryPermissions {
  /** Absent if there is none. */
  readonly policyText?: string
  readonly statements: readonly WrittenStatement[]
}

/** The policy of the registry and its statements; empty if it has none. */
export function useRegistryPolicy() {
  const { data, error } = useEcrOptional(
    'GetRegistryPolicy',
    new GetRegistryPolicyCommand({}),
    'RegistryPolicyNotFoundException',
  )
  return { data: data === undefined ? undefined : permissionsIn(data?.policyText), error }
}

const permissionsIn = (policyText: string | undefined): RegistryPermissions => ({
  ...(policyText !== undefined && { policyText }),
  statements: statementsOf(policyText),
})

/** The text of the policy as it is now; undefined if there is none. */
export async function registryPolicyText(client: ECRClient): Promise<string | undefined> {
  try {
    return (await client.send(new GetRegistryPolicyCommand({}))).policyText
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
