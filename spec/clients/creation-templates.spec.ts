import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, dockerNeeds, skopeoNeeds } from '../support/describe-with.js'
import { type DockerDaemon, dockerDaemon } from '../support/docker-daemon.js'
import { pushIndex, type RealIndex, tar, twoPlatformImage } from '../support/images.js'
import { neutralEnvironment, runCommand } from '../support/run-command.js'
import { skopeo } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { allowing } from '../support/registry.js'
import { trustingEcr } from '../support/templates.js'
import { createRule, registryPassword, type Setting, startSetting } from './setting.js'

const account = '111122223333'
const day = 24 * 60 * 60
const config = {
  accounts: {
    [account]: {
      users: { admin: { accessKeys: { test: 'test' }, policies: [allowing('*')] } },
      roles: {
        'ecr-templates': {
          trustPolicy: trustingEcr,
          policies: [allowing(['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource'])],
        },
      },
    },
  },
}
const repositoryPolicy = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Pull', Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: ['ecr:BatchGetImage'] }],
}
const untaggedAfterWeek = {
  rules: [
    {
      rulePriority: 1,
      description: 'Remove what a moved tag left a week ago',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 7 },
      action: { type: 'expire' },
    },
  ],
}

const createTemplate = ({ aws }: Setting, prefix: string, reason: string, ...more: string[]) =>
  aws.json(...['ecr', 'create-repository-creation-template', '--prefix', prefix], ...['--applied-for', reason, ...more])

describeWith(skopeoNeeds, 'How a cached repository gets a lifecycle and a policy', () => {
  const [old, current] = ['old', 'current'].map((message) => twoPlatformImage({ message })) as [RealIndex, RealIndex]
  const repository = 'quay/team/app'
  let setting: Setting

  beforeAll(async () => {
    setting = await startSetting(config)
    await createRule(setting, 'quay', 'quay.io')
  })
  afterAll(() => setting[Symbol.asyncDispose]())

  const publish = (index: RealIndex, name = 'team/app') =>
    pushIndex(index, { url: setting.upstreams['quay.io'].url, repository: name, tag: 'latest' })
  const pullAll = async (name = repository) => {
    await using directory = await temporaryDirectory()
    const image = `${setting.emulator.registry}/${name}:latest`
    await skopeo(await registryPassword(setting)).copyAll(image, directory.path)
  }
  const digests = async () => {
    const { imageIds } = await setting.aws.json<{ imageIds: { imageDigest: string; imageTag?: string }[] }>(
      ...['ecr', 'list-images', '--repository-name', repository],
    )
    return imageIds.map(({ imageDigest }) => imageDigest).sort()
  }
  const digestsOf = (...indexes: RealIndex[]) =>
    indexes.flatMap((index) => [index, ...index.images].map(({ digest }) => digest)).sort()

  it('A template is created with the AWS CLI', async () => {
    const { repositoryCreationTemplate } = await createTemplate(
      setting,
      'quay',
      'PULL_THROUGH_CACHE',
      ...['--description', 'Everything from Quay'],
      ...['--repository-policy', JSON.stringify(repositoryPolicy, null, 2)],
      ...['--lifecycle-policy', JSON.stringify(untaggedAfterWeek, null, 2)],
      ...['--resource-tags', 'Key=team,Value=a'],
      ...['--custom-role-arn', `arn:aws:iam::${account}:role/ecr-templates`],
    )
    expect(repositoryCreationTemplate).toMatchObject({
      prefix: 'quay',
      description: 'Everything from Quay',
      appliedFor: ['PULL_THROUGH_CACHE'],
      imageTagMutability: 'MUTABLE',
      encryptionConfiguration: { encryptionType: 'AES256' },
      lifecyclePolicy: JSON.stringify(untaggedAfterWeek, null, 2),
    })
  })

  it('The first pull creates the repository with the policies and the tags of the template', async () => {
    await publish(old)
    await pullAll()
    expect(await digests()).toEqual(digestsOf(old))
    const named = ['--repository-name', repository]
    const { lifecyclePolicyText } = await setting.aws.json('ecr', 'get-lifecycle-policy', ...named)
    expect(lifecyclePolicyText).toBe(JSON.stringify(untaggedAfterWeek))
    const { policyText } = await setting.aws.json('ecr', 'get-repository-policy', ...named)
    expect(JSON.parse(policyText as string)).toEqual(repositoryPolicy)
    const resourceArn = `arn:aws:ecr:us-east-1:${account}:repository/${repository}`
    const { tags } = await setting.aws.json('ecr', 'list-tags-for-resource', '--resource-arn', resourceArn)
    expect(tags).toEqual([{ Key: 'team', Value: 'a' }])
  })

  it('The image that the tag leaves stays for a week, and then the lifecycle policy removes it', async () => {
    await publish(current)
    await setting.emulator.advanceClock(day + 60)
    await pullAll()
    expect(await digests()).toEqual(digestsOf(old, current))

    await setting.emulator.advanceClock(7 * day)
    await expect.poll(digests, { timeout: 30_000 }).toEqual(digestsOf(current))
    const { events } = (await (await fetch(`${setting.emulator.endpoint}/_admin/events`)).json()) as {
      events: { 'detail-type': string; detail: Record<string, string> }[]
    }
    const deleted = events.filter(({ detail }) => detail['action-type'] === 'DELETE')
    expect(deleted.map(({ detail }) => detail['image-digest']).sort()).toEqual(digestsOf(old))
    await pullAll()
    expect(await digests()).toEqual(digestsOf(current))
  })

  it('A template with resource tags and no role breaks the first pull, which says why', async () => {
    await setting.aws.json(
      ...['ecr', 'update-repository-creation-template', '--prefix', 'quay', '--custom-role-arn', ''],
    )
    await publish(old, 'team/other')
    const image = `${setting.emulator.registry}/quay/team/other:latest`
    const client = skopeo(await registryPassword(setting))
    const { exitCode, stderr } = await client.tryRaw(image)
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(
      `The repository with name 'quay/team/other' does not exist in the registry with id '${account}' (ecr-local: the creation template 'quay' cannot be applied: resource tags need a customRoleArn)`,
    )
    await setting.aws.json(
      ...['ecr', 'update-repository-creation-template', '--prefix', 'quay', '--resource-tags', '[]'],
    )
    expect(await client.raw(image)).toBe(old.bytes.toString())
  })
})

describeWith(skopeoNeeds, 'Create on push with skopeo', () => {
  const index = twoPlatformImage({ message: 'pushed' })
  let setting: Setting

  beforeAll(async () => {
    setting = await startSetting(config)
    await createTemplate(setting, 'prod', 'CREATE_ON_PUSH', '--image-tag-mutability', 'IMMUTABLE')
    await pushIndex(index, { url: setting.upstreams['quay.io'].url, repository: 'source', tag: 'v1' })
  })
  afterAll(() => setting[Symbol.asyncDispose]())

  const push = async (name: string) => {
    const source = `docker://${setting.upstreams['quay.io'].url.replace('http://', '')}/source:v1`
    const login = ['--dest-creds', `AWS:${await registryPassword(setting)}`]
    return runCommand(
      'skopeo',
      [
        ...['copy', '--insecure-policy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false', ...login],
        ...[source, `docker://${setting.emulator.registry}/${name}:v1`],
      ],
      { env: neutralEnvironment() },
    )
  }

  it('A push creates the repository with the settings of the template, and the image can be pulled', async () => {
    expect(await push('prod/team/app')).toMatchObject({ exitCode: 0 })
    const { repositories } = await setting.aws.json('ecr', 'describe-repositories')
    expect(repositories).toMatchObject([{ repositoryName: 'prod/team/app', imageTagMutability: 'IMMUTABLE' }])
    const client = skopeo(await registryPassword(setting))
    expect(await client.raw(`${setting.emulator.registry}/prod/team/app:v1`)).toBe(index.bytes.toString())
  })

  it('Pushes at once create one repository, and at most the immutable tag refuses one of them', async () => {
    const pushes = await Promise.all(Array.from({ length: 3 }, () => push('prod/team/new')))
    const { imageIds } = await setting.aws.json('ecr', 'list-images', '--repository-name', 'prod/team/new')
    expect(imageIds).toHaveLength(3)
    expect(pushes.some(({ exitCode }) => exitCode === 0)).toBe(true)
    for (const { exitCode, stderr } of pushes) if (exitCode !== 0) expect(stderr).toContain('the tag is immutable')
  })

  it('A push outside the prefix is refused as ever', async () => {
    const { exitCode, stderr } = await push('stage/app')
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(`The repository with name 'stage/app' does not exist in the registry with id '${account}'`)
  })
})

describeWith(dockerNeeds, 'Create on push with Docker', () => {
  let setting: Setting
  let daemon: DockerDaemon

  beforeAll(async () => {
    ;[setting, daemon] = await Promise.all([startSetting(config), dockerDaemon()])
    await daemon.login(setting.emulator.registry, await registryPassword(setting))
    await createTemplate(setting, 'ROOT', 'CREATE_ON_PUSH', '--lifecycle-policy', JSON.stringify(untaggedAfterWeek))
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'files.tar')
    await writeFile(file, tar({ 'message.txt': Buffer.from('pushed') }))
    await daemon.docker('import', file, `${setting.emulator.registry}/team/app:v1`)
  })
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]()
    await setting[Symbol.asyncDispose]()
  })

  it('docker push creates the repository, and a second repository into which the layers are mounted', async () => {
    const image = `${setting.emulator.registry}/team/app:v1`
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await daemon.docker('push', image))?.[1]
    const other = `${setting.emulator.registry}/team/other:v1`
    await daemon.docker('tag', image, other)
    expect(await daemon.docker('push', other)).toContain(`digest: ${digest ?? 'none'}`)
    for (const name of ['team/app', 'team/other']) {
      const { lifecyclePolicyText } = await setting.aws.json('ecr', 'get-lifecycle-policy', '--repository-name', name)
      expect(lifecyclePolicyText).toBe(JSON.stringify(untaggedAfterWeek))
    }
  })
})
