import { describe, expect, it } from 'vitest'
import {
  draftIn,
  EMPTY_DRAFT,
  exampleOf,
  lacksSource,
  parametersOf,
  refusedField,
  ruleOf,
  withRegistry,
} from '../../src/console/pages/pull-through-cache/rule-draft.js'
import { upstreamServices } from '../../src/registry/cache-rules/upstream-services.js'

const registry = { account: '111122223333', region: 'us-east-1' }
const draftFor = (upstreamRegistry: string) => withRegistry(EMPTY_DRAFT, upstreamRegistry, registry)

describe('What is chosen for a new rule', () => {
  it('Every upstream registry has the default namespace of the AWS console', () => {
    expect(Object.fromEntries(upstreamServices.map((service) => [service.displayName, service.defaultPrefix]))).toEqual(
      {
        'ECR Public': 'ecr-public',
        'Kubernetes container image registry': 'kubernetes',
        Quay: 'quay',
        'Docker Hub': 'docker-hub',
        'GitHub Container Registry': 'github',
        'GitLab Container Registry': 'gitlab',
        'Microsoft Azure Container Registry': 'azure',
        'Chainguard Registry': 'chainguard',
        'ECR Private': 'ecr',
      },
    )
  })

  it('Another registry brings its own suggestions and forgets what was chosen for the one before', () => {
    const hub = { ...draftFor('docker-hub'), cachePrefix: 'hub', upstream: 'same' as const }
    expect(withRegistry(hub, 'quay', registry)).toEqual({
      ...EMPTY_DRAFT,
      upstreamRegistry: 'quay',
      cachePrefix: 'quay',
    })
    expect(hub.credentialArn).toBe(
      'arn:aws:secretsmanager:us-east-1:111122223333:secret:ecr-pullthroughcache/docker-hub',
    )
  })

  it('A registry without a host of its own is enough; of the others the host is needed too', () => {
    expect([EMPTY_DRAFT, draftFor('quay'), draftFor('azure'), draftFor('custom')].map(lacksSource)).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(lacksSource({ ...draftFor('azure'), url: 'myregistry.azurecr.io' })).toBe(false)
  })

  it('The call has only what was chosen', () => {
    expect(ruleOf(draftFor('ecr-public'))).toEqual({
      ecrRepositoryPrefix: 'ecr-public',
      upstreamRegistryUrl: 'public.ecr.aws',
    })
    const custom = {
      ...draftFor('custom'),
      url: ' registry.example.com ',
      cachePrefix: 'team',
      upstream: 'same' as const,
    }
    expect(ruleOf(custom)).toEqual({
      ecrRepositoryPrefix: 'team',
      upstreamRegistryUrl: 'registry.example.com',
      upstreamRepositoryPrefix: 'team',
    })
  })

  it('Without a cache namespace the rule is for ROOT, and no upstream namespace is sent', () => {
    const draft = { ...draftFor('docker-hub'), cache: 'none' as const, upstream: 'same' as const }
    expect(ruleOf(draft)).toMatchObject({ ecrRepositoryPrefix: 'ROOT' })
    expect(ruleOf(draft)).not.toHaveProperty('upstreamRepositoryPrefix')
    expect(exampleOf(draft)).toEqual({ here: 'library/nginx', upstream: 'registry-1.docker.io/library/nginx' })
  })

  it('The address describes the draft', () => {
    const draft = { ...draftFor('ecr'), url: '444455556666.dkr.ecr.us-east-1.amazonaws.com', cache: 'none' as const }
    const parameters = new URLSearchParams(parametersOf(draft))
    expect(draftIn(parameters)).toEqual(draft)
    expect([...parameters.keys()].sort()).toEqual(['cache', 'cachePrefix', 'upstreamRegistry', 'url'])
    expect(draftIn(new URLSearchParams('cache=everything&step=review'))).toEqual(EMPTY_DRAFT)
  })

  it('A refusal is about the field that the service names', () => {
    const refusal = (name: string, message = '') => refusedField(Object.assign(new Error(message), { name })).field
    expect(refusal('SecretNotFoundException')).toBe('credentialArn')
    expect(refusal('UnsupportedUpstreamRegistryException', 'The … requires authentication.')).toBe('credentialArn')
    expect(refusal('UnsupportedUpstreamRegistryException', 'The upstream registry URL x is invalid.')).toBe('url')
    expect(refusal('PullThroughCacheRuleAlreadyExistsException')).toBe('cachePrefix')
    expect(refusal('InvalidParameterException', "at 'ecrRepositoryPrefix'")).toBe('cachePrefix')
    expect(refusal('InvalidParameterException', "at 'upstreamRepositoryPrefix' … 'ecrRepositoryPrefix'")).toBe(
      'upstreamPrefix',
    )
    expect(refusal('AccessDeniedException', 'iam:PassRole')).toBe('customRoleArn')
    expect(refusal('LimitExceededException', 'a service limit')).toBeUndefined()
  })
})
