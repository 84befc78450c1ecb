import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { fromTokenFile } from '@aws-sdk/credential-providers'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { neutralEnvironment, runCommand } from '../support/run-command.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { awsCliNeeds, describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { identityProvider, type IdentityProvider } from '../support/identity-provider.js'

const account = '111122223333'
const host = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE'
const sub = 'system:serviceaccount:ci:builder'
const roleArn = `arn:aws:iam::${account}:role/builder`
const role = {
  trustPolicy: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${host}:sub`]: sub, [`${host}:aud`]: 'sts.amazonaws.com' } },
      },
    ],
  },
  policies: ['AmazonEC2ContainerRegistryReadOnly'],
}

describeWith(awsCliNeeds, 'A pod with a service account of EKS', () => {
  let emulator: EmulatorProcess
  let provider: IdentityProvider
  let tokenFile: string
  beforeAll(async () => {
    provider = await identityProvider({ host })
    const oidcProviders = { [host]: { clientIds: ['sts.amazonaws.com'], jwksFile: provider.jwksFile } }
    emulator = await emulatorProcess({
      config: { accounts: { [account]: { roles: { builder: role }, oidcProviders } } },
    })
    tokenFile = join(emulator.dataDir, 'token')
    await writeFile(tokenFile, await provider.token({ sub, aud: ['sts.amazonaws.com'] }))
  })
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
    await provider[Symbol.asyncDispose]()
  })

  /**
   * Runs the CLI without keys: it exchanges the token of the file by itself, as in a pod. It caches the credentials in
   * the home directory, which is a new one each time.
   */
  const aws = async (args: string[]) => {
    await using home = await temporaryDirectory()
    return await runCommand('aws', ['--output', 'json', ...args], {
      env: {
        ...neutralEnvironment(),
        HOME: home.path,
        AWS_ENDPOINT_URL: emulator.endpoint,
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_ROLE_ARN: roleArn,
        AWS_ROLE_SESSION_NAME: 'builder-7',
        AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_PAGER: '',
      },
    })
  }

  it('The AWS CLI of the pod has the role of the service account, and may do what the role may', async () => {
    const identity = await aws(['sts', 'get-caller-identity'])
    expect(JSON.parse(identity.stdout)).toMatchObject({
      Account: account,
      Arn: `arn:aws:sts::${account}:assumed-role/builder/builder-7`,
    })
    expect(JSON.parse((await aws(['ecr', 'describe-repositories'])).stdout)).toEqual({ repositories: [] })
    const refused = await aws(['ecr', 'create-repository', '--repository-name', 'app'])
    expect(refused.stderr).toContain('is not authorized to perform: ecr:CreateRepository')
  })

  it('The SDK exchanges the token of the file', async () => {
    const clientConfig = { endpoint: emulator.endpoint, region: 'eu-west-1' }
    const credentials = fromTokenFile({ webIdentityTokenFile: tokenFile, roleArn, clientConfig })
    const ecr = new ECRClient({ ...clientConfig, credentials })
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it('The token of another service account is refused', async () => {
    await writeFile(tokenFile, await provider.token({ sub: 'system:serviceaccount:ci:stranger' }))
    expect((await aws(['sts', 'get-caller-identity'])).stderr).toContain(
      'An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: ' +
        'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    )
  })
})
