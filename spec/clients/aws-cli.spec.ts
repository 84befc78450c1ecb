import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AwsCli, awsCli } from '../support/aws-cli.js'
import { awsCliNeeds, describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { createRule } from './setting.js'

const account = '000000000000'

describeWith(awsCliNeeds, 'The AWS CLI', () => {
  let emulator: EmulatorProcess
  let aws: AwsCli

  beforeAll(async () => {
    emulator = await emulatorProcess()
    aws = awsCli({ endpoint: emulator.endpoint })
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  it('The AWS CLI learns the identity of its caller', async () => {
    expect(await aws.json('sts', 'get-caller-identity')).toEqual({
      UserId: account,
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
    })
  })

  it('The AWS CLI shows the refusal of an upstream that ECR does not support', async () => {
    const rule = ['--ecr-repository-prefix', 'harbor', '--upstream-registry-url', 'harbor.example.com']
    expect(await aws.refusal('ecr', 'create-pull-through-cache-rule', ...rule)).toContain(
      'An error occurred (UnsupportedUpstreamRegistryException) when calling the CreatePullThroughCacheRule operation: ' +
        'The upstream registry URL harbor.example.com is invalid. Specify a valid upstream registry URL and try again',
    )
  })

  it('The AWS CLI creates ten rules in one Region and is refused the eleventh', async () => {
    const hosts = ['public.ecr.aws', 'quay.io', 'registry.k8s.io', 'public.ecr.aws', 'quay.io']
    for (const [number, host] of hosts.entries())
      await Promise.all([2 * number, 2 * number + 1].map((count) => createRule({ aws }, `mirror-${count}`, host)))
    const eleventh = ['--ecr-repository-prefix', 'mirror-10', '--upstream-registry-url', 'quay.io']
    expect(await aws.refusal('ecr', 'create-pull-through-cache-rule', ...eleventh)).toContain(
      'An error occurred (LimitExceededException) when calling the CreatePullThroughCacheRule operation: ',
    )
    expect(await aws.json('ecr', 'create-pull-through-cache-rule', ...eleventh, '--region', 'eu-west-1')).toMatchObject(
      {
        ecrRepositoryPrefix: 'mirror-10',
      },
    )
  })

  it('The AWS CLI describes all rules over several pages', async () => {
    const { pullThroughCacheRules } = await aws.json<{ pullThroughCacheRules: { ecrRepositoryPrefix: string }[] }>(
      ...['ecr', 'describe-pull-through-cache-rules', '--page-size', '3'],
    )
    expect(pullThroughCacheRules.map((rule) => rule.ecrRepositoryPrefix)).toEqual(
      Array.from({ length: 10 }, (_, number) => `mirror-${number}`),
    )
  })

  it('The AWS CLI stores and reads a registry policy and a repository policy', async () => {
    const statement = {
      Sid: 'AllowPull',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
      Resource: `arn:aws:ecr:us-east-1:${account}:repository/ecr-public/*`,
    }
    const policy = { Version: '2012-10-17', Statement: [statement] }
    await aws.json('ecr', 'put-registry-policy', '--policy-text', JSON.stringify(policy))
    expect(await policyText('get-registry-policy')).toEqual(policy)

    await aws.json('ecr', 'create-repository', '--repository-name', 'team/app')
    const { Sid, Effect, Principal } = statement
    const text = JSON.stringify({ ...policy, Statement: [{ Sid, Effect, Principal, Action: ['ecr:BatchGetImage'] }] })
    const named = ['--repository-name', 'team/app']
    await aws.json('ecr', 'set-repository-policy', ...named, '--policy-text', text)
    expect(await policyText('get-repository-policy', ...named)).toEqual(JSON.parse(text))
  })

  const policyText = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await aws.json<{ policyText: string }>('ecr', ...args)).policyText)

  it('The AWS CLI is refused with a wrong secret', async () => {
    const stranger = awsCli({ endpoint: emulator.endpoint, secretAccessKey: 'wrong' })
    expect(await stranger.refusal('ecr', 'describe-repositories')).toContain('InvalidSignatureException')
  })
})
