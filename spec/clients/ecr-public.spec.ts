import { afterAll, beforeAll, expect, it } from 'vitest'
import { awsCli } from '../support/aws-cli.js'
import { awsCliNeeds, describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'

const account = '111122223333'
const allow = (Action: string | string[], Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*', ...(Condition && { Condition }) }],
})
const bearer = 'sts:GetServiceBearerToken'
const accounts = {
  [account]: {
    users: {
      both: {
        accessKeys: { AKIABOTH: 'secret' },
        policies: [allow('ecr-public:GetAuthorizationToken'), allow(bearer), 'AmazonEC2ContainerRegistryReadOnly'],
      },
      'for-public': {
        accessKeys: { AKIAFORPUBLIC: 'secret' },
        policies: [
          allow('ecr-public:*'),
          allow(bearer, { StringEquals: { 'sts:AWSServiceName': 'ecr-public.amazonaws.com' } }),
        ],
      },
      'for-codeartifact': {
        accessKeys: { AKIAFORCODEARTIFACT: 'secret' },
        policies: [
          allow('ecr-public:*'),
          allow(bearer, { StringEquals: { 'sts:AWSServiceName': 'codeartifact.amazonaws.com' } }),
        ],
      },
      private: { accessKeys: { AKIAPRIVATE: 'secret' }, policies: ['AmazonEC2ContainerRegistryPowerUser'] },
    },
  },
}

describeWith(awsCliNeeds, 'Amazon ECR Public with the AWS CLI', () => {
  let emulator: EmulatorProcess
  const as = (accessKeyId: string, region = 'us-east-1') =>
    awsCli({ endpoint: emulator.endpoint, accessKeyId, secretAccessKey: 'secret', region })

  beforeAll(async () => {
    emulator = await emulatorProcess({ config: { accounts } })
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  it('get-login-password returns a password that the registry of the emulator accepts', async () => {
    const password = (await as('AKIABOTH').text('ecr-public', 'get-login-password')).trim()
    const authorization = `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`
    const answer = await fetch(`http://${emulator.registry}/v2/`, { headers: { authorization } })
    expect(answer.status).toBe(200)
  })

  it('The registry refuses the password of a caller without ecr:GetAuthorizationToken', async () => {
    const password = (await as('AKIAFORPUBLIC').text('ecr-public', 'get-login-password')).trim()
    const authorization = `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`
    const headers = { authorization, host: 'public.ecr.aws' }
    const answer = await fetch(`http://${emulator.registry}/v2/`, { headers })
    expect(answer.status).toBe(401)
  })

  it('get-authorization-token answers one object with an expiry in twelve hours', async () => {
    const { authorizationData } = await as('AKIAFORPUBLIC').json('ecr-public', 'get-authorization-token')
    expect(Object.keys(authorizationData as object)).toEqual(['authorizationToken', 'expiresAt'])
    const { expiresAt } = authorizationData as { expiresAt: string | number }
    // Version 1 of the CLI prints epoch seconds.
    const expiry = typeof expiresAt === 'number' ? expiresAt * 1000 : Date.parse(expiresAt)
    const hours = (expiry - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(11.9)
    expect(hours).toBeLessThanOrEqual(12)
  })

  it('A caller without ecr-public:GetAuthorizationToken is refused', async () => {
    expect(await as('AKIAPRIVATE').refusal('ecr-public', 'get-authorization-token')).toContain(
      'An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: ' +
        `User: arn:aws:iam::${account}:user/private is not authorized to perform: ecr-public:GetAuthorizationToken on resource: * ` +
        'because no identity-based policy allows the ecr-public:GetAuthorizationToken action',
    )
  })

  it('A caller without sts:GetServiceBearerToken for this service is refused', async () => {
    expect(await as('AKIAFORCODEARTIFACT').refusal('ecr-public', 'get-authorization-token')).toContain(
      `User: arn:aws:iam::${account}:user/for-codeartifact is not authorized to perform: ${bearer} on resource: * ` +
        `because no identity-based policy allows the ${bearer} action`,
    )
  })

  it('A Region without ECR Public is refused', async () => {
    expect(await as('AKIABOTH', 'eu-west-1').refusal('ecr-public', 'get-authorization-token')).toContain(
      "(UnsupportedCommandException) when calling the GetAuthorizationToken operation: The action isn't supported in this Region.",
    )
  })

  it('An operation of ECR Public that is not built says so', async () => {
    expect(await as('AKIABOTH').refusal('ecr-public', 'describe-registries')).toContain(
      '(UnknownOperationException) when calling the DescribeRegistries operation: ' +
        'ecr-local does not have DescribeRegistries of Amazon ECR Public. Of this service it has GetAuthorizationToken.',
    )
  })

  it('A name that is no operation of ECR Public is refused without a signature', async () => {
    const headers = { 'x-amz-target': 'SpencerFrontendService.Nothing', 'content-type': 'application/x-amz-json-1.1' }
    const answer = await fetch(emulator.endpoint, { method: 'POST', headers, body: '{}' })
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { __type: 'UnknownOperationException', message: 'Amazon ECR Public has no operation of this name.' },
    ])
  })
})
