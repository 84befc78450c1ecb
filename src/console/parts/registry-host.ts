import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { useEcr } from '../requests/use-ecr.js'

/**
 * The host of the registry as clients reach it, with which image names begin: the service says it with an authorization
 * token. To those who may not have a token it is where the console came from.
 */
export function useRegistryHost(): string {
  const { data } = useEcr('GetAuthorizationToken', new GetAuthorizationTokenCommand({}))
  const endpoint = data?.authorizationData?.[0]?.proxyEndpoint
  return endpoint?.replace(/^https?:\/\//, '') ?? location.host
}

/** The command by which Docker logs in to a registry. */
export const loginCommand = (region: string, host: string): string =>
  `aws ecr get-login-password --region ${region} --endpoint-url ${location.origin} | docker login --username AWS --password-stdin ${host}`
