import { ecrHost } from './ecr-host.js'

/** An upstream registry that the service supports. */
export interface UpstreamService {
  /** As the API names it. */
  readonly upstreamRegistry: string
  /** As the AWS console names it. */
  readonly displayName: string
  /** The prefix of a rule that the AWS console suggests. */
  readonly defaultPrefix: string
  /** Its host; absent if every customer has one of their own, such as the example. */
  readonly host?: string
  readonly exampleHost: string
  readonly isHost: (host: string) => boolean
  /** Whether a rule has to name a secret. */
  readonly needsSecret: boolean
}

/**
 * A registry's login server: its name and, if it was created with a domain name label (since November 2024), a hyphen
 * and a hash. https://learn.microsoft.com/azure/container-registry/container-registry-get-started-portal
 */
const AZURE_HOST = /^[a-z0-9]+(?:-[a-z0-9]+)*\.azurecr\.io$/

const at = (
  host: string,
  facts: Pick<UpstreamService, 'upstreamRegistry' | 'displayName' | 'defaultPrefix'>,
  needsSecret: boolean,
): UpstreamService => ({ ...facts, host, exampleHost: host, isHost: (named) => named === host, needsSecret })

/**
 * The upstream registries that the service supports, in the order of the AWS console.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
 */
export const upstreamServices: readonly UpstreamService[] = [
  at(
    'public.ecr.aws',
    { upstreamRegistry: 'ecr-public', displayName: 'ECR Public', defaultPrefix: 'ecr-public' },
    false,
  ),
  at(
    'registry.k8s.io',
    { upstreamRegistry: 'k8s', displayName: 'Kubernetes container image registry', defaultPrefix: 'kubernetes' },
    false,
  ),
  at('quay.io', { upstreamRegistry: 'quay', displayName: 'Quay', defaultPrefix: 'quay' }, false),
  at(
    'registry-1.docker.io',
    { upstreamRegistry: 'docker-hub', displayName: 'Docker Hub', defaultPrefix: 'docker-hub' },
    true,
  ),
  at(
    'ghcr.io',
    {
      upstreamRegistry: 'github-container-registry',
      displayName: 'GitHub Container Registry',
      defaultPrefix: 'github',
    },
    true,
  ),
  at(
    'registry.gitlab.com',
    {
      upstreamRegistry: 'gitlab-container-registry',
      displayName: 'GitLab Container Registry',
      defaultPrefix: 'gitlab',
    },
    true,
  ),
  {
    upstreamRegistry: 'azure-container-registry',
    displayName: 'Microsoft Azure Container Registry',
    defaultPrefix: 'azure',
    exampleHost: 'myregistry.azurecr.io',
    isHost: (host) => AZURE_HOST.test(host),
    needsSecret: true,
  },
  at(
    'cgr.dev',
    { upstreamRegistry: 'chainguard', displayName: 'Chainguard Registry', defaultPrefix: 'chainguard' },
    true,
  ),
  {
    upstreamRegistry: 'ecr',
    displayName: 'ECR Private',
    defaultPrefix: 'ecr',
    exampleHost: '444455556666.dkr.ecr.us-east-1.amazonaws.com',
    isHost: (host) => ecrHost(host) !== undefined,
    needsSecret: false,
  },
]

/** The upstream registry with this host; undefined if the service does not support the host. */
export const upstreamService = (host: string): UpstreamService | undefined =>
  upstreamServices.find((service) => service.isHost(host))

/** What the name of every secret of a rule begins with. */
export const SECRET_PREFIX = 'ecr-pullthroughcache/'
