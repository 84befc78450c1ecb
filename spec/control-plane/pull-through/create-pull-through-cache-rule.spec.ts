import { DescribePullThroughCacheRulesCommand, type UpstreamRegistry } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import { defaultQuotas } from '../../../src/registry/quotas.js'
import { installation } from '../../../src/registry/registry.js'
import { storeOf } from '../../../src/store/store.js'
import { accountsPassingRoles } from '../../support/access.js'
import { account, now, settings, startEmulator } from '../../support/emulator.js'
import { interleaved } from '../../support/interleaved.js'
import { createRule, knownSecrets, secretArn } from '../../support/rules.js'

const unsupported = (url: string) => ({
  name: 'UnsupportedUpstreamRegistryException',
  message: `The upstream registry URL ${url} is invalid. Specify a valid upstream registry URL and try again`,
})
const alreadyExists = {
  name: 'PullThroughCacheRuleAlreadyExistsException',
  message: 'A pull through cache rule with these settings already exists for the private registry.',
}

describe('CreatePullThroughCacheRule', () => {
  it('CreatePullThroughCacheRule returns the new rule without the members that were not set', async () => {
    await using emulator = await startEmulator()
    const { $metadata, ...answer } = await emulator.ecr.send(createRule())
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      ecrRepositoryPrefix: 'ecr-public',
      upstreamRegistryUrl: 'public.ecr.aws',
      createdAt: now,
      registryId: account,
      upstreamRegistry: 'ecr-public',
    })
  })

  it('CreatePullThroughCacheRule returns every member that it was given', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets, accounts: accountsPassingRoles })
    const customRoleArn = `arn:aws:iam::${account}:role/cache`
    const given = {
      ecrRepositoryPrefix: 'docker-hub',
      upstreamRegistryUrl: 'registry-1.docker.io',
      upstreamRegistry: 'docker-hub' as const,
      upstreamRepositoryPrefix: 'library',
      credentialArn: secretArn,
      customRoleArn,
    }
    const { $metadata, ...answer } = await emulator.ecr.send(createRule(given))
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({ ...given, createdAt: now, registryId: account })
  })

  it.each<[string, UpstreamRegistry]>([
    ['public.ecr.aws', 'ecr-public'],
    ['registry.k8s.io', 'k8s'],
    ['quay.io', 'quay'],
    ['registry-1.docker.io', 'docker-hub'],
    ['ghcr.io', 'github-container-registry'],
    ['registry.gitlab.com', 'gitlab-container-registry'],
    ['contoso.azurecr.io', 'azure-container-registry'],
    ['cgr.dev', 'chainguard'],
    ['111122223333.dkr.ecr.eu-west-1.amazonaws.com', 'ecr'],
  ])('The kind of the upstream %s is derived from its host name', async (upstreamRegistryUrl, upstreamRegistry) => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    const answer = await emulator.ecr.send(createRule({ upstreamRegistryUrl, credentialArn: secretArn }))
    expect(answer.upstreamRegistry).toBe(upstreamRegistry)
  })

  it.each([
    'harbor.example.com',
    'https://public.ecr.aws',
    'public.ecr.aws/nginx',
    'public.ecr.aws:443',
    'Quay.io',
    '',
  ])('CreatePullThroughCacheRule refuses the upstream %j', async (upstreamRegistryUrl) => {
    await using emulator = await startEmulator()
    const refused = emulator.ecr.send(createRule({ upstreamRegistryUrl }))
    await expect(refused).rejects.toMatchObject(unsupported(upstreamRegistryUrl))
  })

  it.each<[string, UpstreamRegistry | undefined]>([
    ['contoso.azurecr.io', 'azure-container-registry'],
    ['contoso-fkh4c2b9dmbsf0ac.azurecr.io', 'azure-container-registry'],
    ['111122223333.dkr.ecr.eu-west-1.amazonaws.com', 'ecr'],
    ['111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn', 'ecr'],
    ['111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu', 'ecr'],
    ['111122223333.dkr-ecr.eu-west-1.on.aws', 'ecr'],
    ['111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn', 'ecr'],
    ['cgr.dev', 'chainguard'],
    ...[
      '-contoso.azurecr.io',
      'contoso-.azurecr.io',
      'a.contoso.azurecr.io',
      'contoso.azurecr.io.example.com',
      'https://contoso.azurecr.io',
      '111122223333.dkr.ecr.eu-west-1.amazonaws.com.example',
      '111122223333.dkr-ecr.eu-west-1.amazonaws.com',
      '111122223333.dkr.ecr.eu-west-1.on.aws',
      '1111.dkr.ecr.eu-west-1.amazonaws.com',
      'images.cgr.dev',
    ].map((host): [string, undefined] => [host, undefined]),
  ])('CreatePullThroughCacheRule recognizes the upstream %s as %s', async (upstreamRegistryUrl, upstreamRegistry) => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    const created = emulator.ecr.send(createRule({ upstreamRegistryUrl, credentialArn: secretArn }))
    if (upstreamRegistry) expect(await created).toMatchObject({ upstreamRegistryUrl, upstreamRegistry })
    else
      await expect(created).rejects.toMatchObject({
        name: 'UnsupportedUpstreamRegistryException',
        message: `The upstream registry URL ${upstreamRegistryUrl} is invalid. Specify a valid upstream registry URL and try again`,
      })
  })

  it('CreatePullThroughCacheRule accepts a host of the configuration and returns no upstreamRegistry', async () => {
    await using emulator = await startEmulator({ settings: { ...settings, upstreamHosts: ['harbor.example.com'] } })
    const answer = await emulator.ecr.send(createRule({ upstreamRegistryUrl: 'harbor.example.com' }))
    expect(answer).not.toHaveProperty('upstreamRegistry')
  })

  it('CreatePullThroughCacheRule refuses an upstreamRegistry that does not fit the host', async () => {
    await using emulator = await startEmulator()
    const refused = emulator.ecr.send(createRule({ upstreamRegistry: 'quay' }))
    await expect(refused).rejects.toMatchObject(unsupported('public.ecr.aws'))
  })

  it('CreatePullThroughCacheRule requires a secret for Docker Hub, even if the configuration names it', async () => {
    const upstreamHosts = ['registry-1.docker.io']
    await using emulator = await startEmulator({ settings: { ...settings, upstreamHosts } })
    await expect(emulator.ecr.send(createRule({ upstreamRegistryUrl: 'registry-1.docker.io' }))).rejects.toMatchObject({
      name: 'UnsupportedUpstreamRegistryException',
      message: 'The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN',
    })
  })

  it('CreatePullThroughCacheRule refuses a secret that does not exist', async () => {
    await using emulator = await startEmulator({ secrets: knownSecrets })
    const credentialArn = secretArn.replace('hub', 'gone')
    const refused = emulator.ecr.send(createRule({ upstreamRegistryUrl: 'ghcr.io', credentialArn }))
    await expect(refused).rejects.toMatchObject({
      name: 'SecretNotFoundException',
      message:
        'The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.',
    })
  })

  it('CreatePullThroughCacheRule allows one rule for a prefix, with or without a slash at its end', async () => {
    await using emulator = await startEmulator()
    const { ecrRepositoryPrefix } = await emulator.ecr.send(createRule({ ecrRepositoryPrefix: 'ecr-public/' }))
    expect(ecrRepositoryPrefix).toBe('ecr-public')
    await expect(emulator.ecr.send(createRule())).rejects.toMatchObject(alreadyExists)
    await expect(emulator.ecr.send(createRule({ upstreamRegistryUrl: 'quay.io' }))).rejects.toMatchObject(alreadyExists)
  })

  it('CreatePullThroughCacheRule creates a rule in one Region only', async () => {
    await using emulator = await startEmulator()
    const elsewhere = emulator.clientWith({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }, 'eu-west-1')
    await emulator.ecr.send(createRule())
    await expect(elsewhere.send(createRule())).resolves.toMatchObject({ ecrRepositoryPrefix: 'ecr-public' })
  })

  it('CreatePullThroughCacheRule maps the prefix ROOT only to the upstream prefix ROOT', async () => {
    await using emulator = await startEmulator()
    const root = { ecrRepositoryPrefix: 'ROOT' }
    await expect(emulator.ecr.send(createRule({ ...root, upstreamRepositoryPrefix: 'team' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await expect(emulator.ecr.send(createRule({ ...root, upstreamRepositoryPrefix: 'ROOT' }))).resolves.toMatchObject({
      ecrRepositoryPrefix: 'ROOT',
      upstreamRepositoryPrefix: 'ROOT',
    })
  })

  it('CreatePullThroughCacheRule creates ten of twenty concurrent rules and refuses the others', async () => {
    await using emulator = await startEmulator({ store: storeOf(interleaved(memoryKeyValue())) })
    const creates = Array.from({ length: 20 }, (_, n) => createRule({ ecrRepositoryPrefix: `prefix-${n}` }))

    const outcomes = await Promise.allSettled(creates.map((create) => emulator.ecr.send(create)))

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused).toHaveLength(10)
    for (const { reason } of refused) {
      expect(reason).toMatchObject({
        name: 'LimitExceededException',
        message:
          'The operation did not succeed because it would have exceeded a service limit for your account. For more information, see Amazon ECR service quotas in the Amazon Elastic Container Registry User Guide.',
      })
    }
    const { pullThroughCacheRules } = await emulator.ecr.send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules).toHaveLength(10)
  })

  it('CreatePullThroughCacheRule reports an existing rule rather than an exceeded quota', async () => {
    await using emulator = await startEmulator({ quotas: { ...defaultQuotas, pullThroughCacheRules: 1 } })
    await emulator.ecr.send(createRule())
    await expect(emulator.ecr.send(createRule())).rejects.toMatchObject(alreadyExists)
  })

  it.each(['a', 'Upper', 'a//b', '-a', 'x'.repeat(31)])('The prefix %j is refused', async (ecrRepositoryPrefix) => {
    await using emulator = await startEmulator()
    const refused = emulator.ecr.send(createRule({ ecrRepositoryPrefix }))
    await expect(refused).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it.each(['cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1'])(
    'CreatePullThroughCacheRule is disabled in %s',
    async (region) => {
      await using emulator = await startEmulator()
      await expect(emulator.as('AKIDEXAMPLE', region).send(createRule())).rejects.toMatchObject({
        name: 'ValidationException',
        message: 'This feature is disabled',
      })
    },
  )

  it('CreatePullThroughCacheRule is disabled exactly in the Regions that the configuration names', async () => {
    await using emulator = await startEmulator({ settings: { ...settings, unsupportedRegions: ['eu-west-1'] } })
    await expect(emulator.as('AKIDEXAMPLE', 'eu-west-1').send(createRule())).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(emulator.as('AKIDEXAMPLE', 'cn-north-1').send(createRule())).resolves.toBeDefined()
  })

  it('CreatePullThroughCacheRule creates the service-linked role with the first rule of an account', async () => {
    await using emulator = await startEmulator()
    const { store, clock } = emulator.deps
    const role = () => store.roles.get(installation, `${account} AWSServiceRoleForECRPullThroughCache`)
    await expect(emulator.ecr.send(createRule({ upstreamRegistryUrl: 'harbor.example.com' }))).rejects.toThrow()
    expect(await role()).toBeUndefined()
    await emulator.ecr.send(createRule())
    await clock.advance(60)
    await emulator.ecr.send(createRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }))
    expect(await role()).toEqual({
      account,
      roleName: 'AWSServiceRoleForECRPullThroughCache',
      createdAt: now.getTime(),
    })
  })

  it('CreatePullThroughCacheRule accepts a role only from a caller who may pass it to the service', async () => {
    await using emulator = await startEmulator()
    const customRoleArn = `arn:aws:iam::${account}:role/cache`
    await expect(emulator.ecr.send(createRule({ customRoleArn }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/developer is not authorized to perform: iam:PassRole on resource: ${customRoleArn} because no identity-based policy allows the iam:PassRole action`,
    })
  })

  it('CreatePullThroughCacheRule refuses a call without an upstream', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(createRule({ upstreamRegistryUrl: undefined }))).rejects.toMatchObject({
      message: "Invalid parameter at 'upstreamRegistryUrl' failed to satisfy constraint: 'Member must not be null'",
    })
  })
})
