import {
  BatchDeleteImageCommand,
  SetRepositoryPolicyCommand,
  UpdatePullThroughCacheRuleCommand,
  ValidatePullThroughCacheRuleCommand,
} from '@aws-sdk/client-ecr'
import { request } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Config } from '../../src/config/config.js'
import { createRepository, pushImage } from '../support/push.js'
import { createRule } from '../support/rules.js'
import { allowing } from '../support/registry.js'
import { twoAccounts, wholeEmulator } from '../support/whole-emulator.js'

const HOUR = 3600
const [downstream, upstream] = ['111122223333', '444455556666'] as const
const upstreamHost = `${upstream}.dkr.ecr.us-east-1.amazonaws.com`
const LOGIN_FAILED =
  'The authentication to the upstream registry failed. Verify that the credentials provided in the pull through cache rule are correct, and try again.'
const READING = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchImportUpstreamImage']

/** As the user guide has it: the policy of the role that the service assumes, and its trust policy. */
const trusting = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
})
const PULL_THROUGH_CACHE = 'pullthroughcache.ecr.amazonaws.com'
const cacheRole = {
  trustPolicy: trusting(PULL_THROUGH_CACHE),
  policies: [allowing([...READING, 'ecr:GetAuthorizationToken'])],
}
const roleArn = (name: string) => `arn:aws:iam::${downstream}:role/${name}`

/** Two accounts, the first one with roles that a rule may name. */
const accounts: NonNullable<Config['accounts']> = {
  [downstream]: {
    ...twoAccounts[downstream],
    roles: {
      cache: cacheRole,
      distrustful: { ...cacheRole, trustPolicy: trusting('ec2.amazonaws.com') },
      weak: { ...cacheRole, policies: [allowing('ecr:BatchGetImage')] },
    },
  },
  [upstream]: { ...twoAccounts[upstream] },
}

/** The policy of an upstream repository that lets a principal take these actions. */
const repositoryPolicy = (principal: string, actions: string[], effect = 'Allow') =>
  new SetRepositoryPolicyCommand({
    repositoryName: 'team/app',
    policyText: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: effect, Principal: { AWS: principal }, Action: actions }],
    }),
  })

/** An emulator whose upstream registry has an image `team/app:v1`, and a rule `ecr/` for it in another registry. */
async function given({
  owner = 'AKIAADMIN1',
  user = 'AKIAADMIN1',
  host = `${downstream}.dkr.ecr.us-east-1.amazonaws.com`,
  customRoleArn,
  ...settings
}: Partial<Config> & { owner?: string; user?: string; host?: string; customRoleArn?: string } = {}) {
  const emulator = await wholeEmulator({ accounts, ...settings })
  const [source, cache] = [emulator.ecr(owner, 'us-east-1'), emulator.ecr(user, 'eu-west-1')]
  await createRepository(source)
  const image = await pushImage(source, 'team/app', { imageTag: 'v1' })
  await cache.send(
    createRule({ ecrRepositoryPrefix: 'ecr', upstreamRegistryUrl: host, ...(customRoleArn && { customRoleArn }) }),
  )
  const events = async () => {
    const answer = await request(`${emulator.endpoint}/_admin/events`)
    const { events: all } = (await answer.body.json()) as { events: { detail: { outcome?: string } }[] }
    return all.map(({ detail }) => detail.outcome ?? '')
  }
  return {
    emulator,
    source,
    cache,
    image,
    events,
    pull: (reference = 'v1') => emulator.get(`ecr/team/app/manifests/${reference}`, cache),
    validate: () => cache.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'ecr' })),
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

const digestsIn = (manifest: Buffer) => {
  const { config, layers } = JSON.parse(manifest.toString()) as Record<'config', { digest: string }> & {
    layers: { digest: string }[]
  }
  return [config, ...layers].map(({ digest }) => digest)
}

describe('a registry of the same account in another Region as an upstream', () => {
  it('An image of another Region is pulled with its layers, without a role and without network', async () => {
    await using it = await given({ network: { egress: 'none' } })
    expect(await it.validate()).toMatchObject({ isValid: true })
    const { status, bytes } = await it.pull()
    expect([status, bytes.toString()]).toEqual([200, it.image.manifest])
    for (const digest of digestsIn(bytes)) {
      const blob = await it.emulator.get(`ecr/team/app/blobs/${digest}`, it.cache)
      const original = await it.emulator.get(`team/app/blobs/${digest}`, it.source)
      expect([blob.status, blob.bytes]).toEqual([200, original.bytes])
    }
  })

  it('A tag that moves in the upstream moves in the cache after 24 hours, and a deleted image stays cached', async () => {
    await using it = await given()
    await it.pull()
    const newer = await pushImage(it.source, 'team/app', { imageTag: 'v1', layer: 'newer' })
    expect((await it.pull()).bytes.toString()).toBe(it.image.manifest)
    await it.emulator.advance(24 * HOUR + 1)
    expect((await it.pull()).bytes.toString()).toBe(newer.manifest)
    await it.source.send(
      new BatchDeleteImageCommand({ repositoryName: 'team/app', imageIds: [{ imageDigest: newer.digest }] }),
    )
    await it.emulator.advance(24 * HOUR + 1)
    expect((await it.pull()).bytes.toString()).toBe(newer.manifest)
  })

  it('An image that the upstream does not have is not found, and neither is one of a repository that it lacks', async () => {
    await using it = await given()
    const absent = await it.pull('v2')
    expect(absent.status).toBe(404)
    expect(absent.bytes.toString()).toContain('Requested image not found')
    expect((await it.emulator.get('ecr/none/manifests/v1', it.cache)).status).toBe(404)
  })

  it('The repository policy of the upstream may deny the service-linked role', async () => {
    await using it = await given()
    const role = `arn:aws:iam::${downstream}:role/aws-service-role/${PULL_THROUGH_CACHE}/AWSServiceRoleForECRPullThroughCache`
    await it.source.send(repositoryPolicy(role, ['ecr:BatchGetImage'], 'Deny'))
    const refused = await it.pull()
    expect(refused.status).toBe(403)
    expect(refused.bytes.toString()).toContain(LOGIN_FAILED)
  })

  it('Referrers in the upstream are listed for the cached image', async () => {
    await using it = await given()
    const subject = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: it.image.digest,
      size: it.image.manifest.length,
    }
    const rest = { artifactType: 'application/spdx+json', subject }
    const referrer = await pushImage(it.source, 'team/app', { layer: 'sbom', rest })
    const { bytes } = await it.emulator.get(`ecr/team/app/referrers/${it.image.digest}`, it.cache)
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual([referrer.digest])
  })

  it.each([
    `${downstream}.dkr-ecr.us-east-1.on.aws`,
    `${downstream}.dkr.ecr.us-east-1.amazonaws.com.cn`,
    `${downstream}.dkr.ecr.us-east-1.amazonaws.eu`,
  ])('The host %s names the registry of its account and Region', async (host) => {
    await using it = await given({ host })
    expect((await it.pull()).status).toBe(200)
  })
})

describe('a registry of another account as an upstream', () => {
  const elsewhere = { owner: 'AKIAADMIN4', host: upstreamHost }

  it('An image of another account is pulled with a role that both sides allow', async () => {
    await using it = await given({ ...elsewhere, customRoleArn: roleArn('cache') })
    await it.source.send(repositoryPolicy(downstream, READING))
    expect(await it.validate()).toMatchObject({ isValid: true, customRoleArn: roleArn('cache') })
    const { status, bytes } = await it.pull()
    expect([status, bytes.toString()]).toEqual([200, it.image.manifest])
    for (const digest of digestsIn(bytes))
      expect((await it.emulator.get(`ecr/team/app/blobs/${digest}`, it.cache)).status).toBe(200)
  })

  it('A repository policy may name the role instead of its account', async () => {
    await using it = await given({ ...elsewhere, customRoleArn: roleArn('cache') })
    await it.source.send(repositoryPolicy(roleArn('cache'), READING))
    expect((await it.pull()).status).toBe(200)
  })

  it('Layers of another account need GetDownloadUrlForLayer of its repository policy', async () => {
    await using it = await given({ ...elsewhere, customRoleArn: roleArn('cache') })
    await it.source.send(repositoryPolicy(downstream, ['ecr:BatchGetImage', 'ecr:BatchImportUpstreamImage']))
    const { status, bytes } = await it.pull()
    expect(status).toBe(200)
    const [digest = ''] = digestsIn(bytes)
    expect((await it.emulator.get(`ecr/team/app/blobs/${digest}`, it.cache)).status).toBe(403)
  })

  it.each<{ reason: string; said: RegExp; role?: string; actions?: string[]; isValid?: boolean }>([
    { reason: 'the rule has no role', said: /needs a rule with a customRoleArn/ },
    { reason: 'the role does not exist', role: 'none', said: /There is no role/ },
    {
      reason: 'the role does not trust the service',
      role: 'distrustful',
      said: /trust policy .* does not allow pullth/,
    },
    { reason: 'the role lacks a permission', role: 'weak', said: /to perform: ecr:BatchImportUpstreamImage/ },
    {
      reason: 'the upstream repository does not allow BatchImportUpstreamImage',
      role: 'cache',
      actions: ['ecr:BatchGetImage'],
      isValid: true,
      said: /no resource-based policy allows the ecr:BatchImportUpstreamImage action/,
    },
    {
      reason: 'the upstream repository does not allow BatchGetImage',
      role: 'cache',
      actions: ['ecr:ListImages'],
      isValid: true,
      said: /no resource-based policy allows the ecr:BatchGetImage action/,
    },
  ])('A pull is refused where $reason', async ({ role, actions = READING, said, isValid = false }) => {
    await using it = await given({ ...elsewhere, ...(role && { customRoleArn: roleArn(role) }) })
    await it.source.send(repositoryPolicy(downstream, actions))
    const refused = await it.pull()
    expect(refused.status).toBe(403)
    expect(refused.bytes.toString()).toContain(LOGIN_FAILED)
    expect((await it.events()).filter((text) => said.test(text))).toHaveLength(1)
    expect(await it.validate()).toMatchObject(isValid ? { isValid } : { isValid, failure: LOGIN_FAILED })
  })

  it('With relaxed authentication the role need not be in the configuration, and the upstream is asked all the same', async () => {
    const keys = { owner: upstream, user: downstream }
    await using it = await given({ ...elsewhere, ...keys, auth: 'relaxed', customRoleArn: roleArn('terraform') })
    expect((await it.pull()).status).toBe(403)
    await it.source.send(repositoryPolicy(downstream, READING))
    expect((await it.pull()).status).toBe(200)
  })

  it('A rule cannot name a role of another account, which its creator may not pass', async () => {
    const creating = given({ ...elsewhere, customRoleArn: `arn:aws:iam::${upstream}:role/cache` })
    await expect(creating).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('iam:PassRole'),
    })
  })

  it('A refusal by the policies of the upstream can be explained by the id in the event', async () => {
    await using it = await given({ ...elsewhere, customRoleArn: roleArn('cache') })
    await it.pull()
    const [, requestId = ''] = /ecr-local explain ([0-9a-f-]{36})/.exec((await it.events()).join()) ?? []
    const answer = await request(`${it.emulator.endpoint}/_admin/explain?requestId=${requestId}`)
    const explained = (await answer.body.json()) as { operation: string; decisions: object[] }
    expect(explained.operation).toBe(`read of upstream ${upstream}/us-east-1 team/app`)
    expect(explained.decisions).toMatchObject([
      {
        action: 'ecr:BatchGetImage',
        allowed: false,
        type: 'resource-based policy',
        principal: `arn:aws:sts::${downstream}:assumed-role/cache/ecr-pullthroughcache`,
        resource: `arn:aws:ecr:us-east-1:${upstream}:repository/team/app`,
      },
    ])
  })

  it('A rule that is given a role by UpdatePullThroughCacheRule works from then on', async () => {
    await using it = await given(elsewhere)
    await it.source.send(repositoryPolicy(downstream, READING))
    expect((await it.pull()).status).toBe(403)
    const customRoleArn = roleArn('cache')
    await it.cache.send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'ecr', customRoleArn }))
    expect((await it.pull()).status).toBe(200)
  })

  it('A cache gets no bytes of another account that the upstream repository does not have', async () => {
    await using it = await given({ ...elsewhere, customRoleArn: roleArn('cache') })
    await it.source.send(repositoryPolicy(downstream, READING))
    await createRepository(it.source, 'secret/app')
    const hidden = await pushImage(it.source, 'secret/app', { imageTag: 'v1', layer: 'hidden' })
    expect((await it.pull(hidden.digest)).status).toBe(404)
    expect((await it.emulator.get('ecr/secret/app/manifests/v1', it.cache)).status).toBe(403)
  })
})

describe('which registries are of this installation', () => {
  it('A host of an unknown account is of this installation if upstreams says so', async () => {
    const host = '999988887777.dkr.ecr.us-east-1.amazonaws.com'
    await using it = await given({ host, customRoleArn: roleArn('cache'), upstreams: { [host]: { local: true } } })
    expect((await it.pull()).status).toBe(403)
    expect((await it.events()).join()).toContain('no resource-based policy allows the ecr:BatchGetImage action')
  })
})

describe('a registry of another installation as an upstream', () => {
  afterEach(() => vi.unstubAllEnvs())

  /** Another installation with an image in the upstream account, and a rule for it here. */
  async function two(accessKeyId: string, customRoleArn?: string) {
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    const roles = { cache: { ...cacheRole, trustPolicy: trustingUsers } }
    const other = await wholeEmulator({
      accounts: { ...accounts, [downstream]: { ...twoAccounts[downstream], roles } },
    })
    const source = other.ecr('AKIAADMIN4', 'us-east-1')
    await createRepository(source)
    const image = await pushImage(source, 'team/app', { imageTag: 'v1' })
    await source.send(repositoryPolicy(downstream, READING))
    const upstreams = { [upstreamHost]: { endpoint: `http://${other.registry}`, api: other.endpoint } }
    const here = await wholeEmulator({ accounts, upstreams })
    const cache = here.ecr('AKIAADMIN1', 'eu-west-1')
    const role = customRoleArn === undefined ? {} : { customRoleArn }
    await cache.send(createRule({ ecrRepositoryPrefix: 'ecr', upstreamRegistryUrl: upstreamHost, ...role }))
    return {
      here,
      cache,
      image,
      validate: () => cache.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'ecr' })),
      async [Symbol.asyncDispose]() {
        await here[Symbol.asyncDispose]()
        await other[Symbol.asyncDispose]()
      },
    }
  }
  const trustingUsers = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: downstream }, Action: 'sts:AssumeRole' }],
  }

  it.each([
    ['with the credentials of the environment', 'AKIAADMIN4', undefined],
    ['with the role of the rule, which they may assume', 'AKIAADMIN1', roleArn('cache')],
  ])('An image is pulled with an authorization token that is requested %s', async (_, accessKeyId, customRoleArn) => {
    await using given = await two(accessKeyId, customRoleArn)
    expect(await given.validate()).toMatchObject({ isValid: true })
    const { status, bytes } = await given.here.get('ecr/team/app/manifests/v1', given.cache)
    expect([status, bytes.toString()]).toEqual([200, given.image.manifest])
    for (const digest of digestsIn(bytes))
      expect((await given.here.get(`ecr/team/app/blobs/${digest}`, given.cache)).status).toBe(200)
  })

  it('A pull is refused if the credentials are, or may not assume the role', async () => {
    await using unknown = await two('AKIAUNKNOWN')
    expect(await unknown.validate()).toMatchObject({ isValid: false, failure: LOGIN_FAILED })
    expect((await unknown.here.get('ecr/team/app/manifests/v1', unknown.cache)).status).toBe(403)
    await using forbidden = await two('AKIAADMIN4', roleArn('cache'))
    expect(await forbidden.validate()).toMatchObject({ isValid: false, failure: LOGIN_FAILED })
  })
})
