import {
  ECRClient,
  UpdatePullThroughCacheRuleCommand,
  ValidatePullThroughCacheRuleCommand,
  BatchGetImageCommand,
} from '@aws-sdk/client-ecr'
import { expect, it } from 'vitest'
import { emulatorProcess } from '../support/emulator-process.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { createRule } from '../support/rules.js'
import { secretsManagerServer } from '../support/secrets-manager-server.js'

const arnOf = (name: string) =>
  `arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/${name}-AbCdEf`
const secretText = (accessToken: string) => JSON.stringify({ username: 'robot', accessToken })
const LOGIN_FAILED =
  'The authentication to the upstream registry failed. Verify that the credentials provided in the pull through cache rule are correct, and try again.'

/** The program with the endpoint of Secrets Manager in its environment, and an upstream that requires a login. */
async function start() {
  const [manager, upstream] = [
    await secretsManagerServer(),
    await faultyUpstream({ login: { scheme: 'Basic', users: { robot: 'token' } } }),
  ]
  const emulator = await emulatorProcess({
    config: { upstreams: { 'ghcr.io': { endpoint: upstream.url } } },
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
  })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const ecr = new ECRClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const create = (prefix: string, name: string) =>
    ecr.send(createRule({ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: 'ghcr.io', credentialArn: arnOf(name) }))
  const validate = (ecrRepositoryPrefix: string) =>
    ecr.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix }))
  const pull = async (repositoryName: string) => {
    const { images = [], failures = [] } = await ecr.send(
      new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }),
    )
    return { digest: images[0]?.imageId?.imageDigest, failure: failures[0] }
  }
  return {
    manager,
    upstream,
    emulator,
    ecr,
    create,
    validate,
    pull,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      await upstream.close()
      await manager[Symbol.asyncDispose]()
    },
  }
}

it('A secret of Secrets Manager logs in to the upstream, and a wrong one is found by Validate and by pulls', async () => {
  await using given = await start()
  const { manager, upstream, create, validate, pull } = given
  const image = upstream.addImage('team/app', { tag: 'v1' })

  manager.secrets.set(arnOf('good'), { text: secretText('token') })
  await create('good', 'good')
  expect(await validate('good')).toMatchObject({ isValid: true, credentialArn: arnOf('good') })
  expect((await pull('good/team/app')).digest).toBe(image.digest)

  manager.secrets.set(arnOf('wrong'), { text: secretText('wrong') })
  await create('wrong', 'wrong')
  expect(await validate('wrong')).toMatchObject({ isValid: false, failure: LOGIN_FAILED })
  expect((await pull('wrong/team/app')).failure).toMatchObject({
    failureCode: 'UpstreamAccessDenied',
    failureReason: LOGIN_FAILED,
  })

  // As Terraform's acceptance test does: the content of a secret is not checked when a rule is created.
  manager.secrets.set(arnOf('text'), { text: 'test' })
  await create('text', 'text')
  expect(await validate('text')).toMatchObject({
    isValid: false,
    failure: `The secret ${arnOf('text')} is not JSON with the keys username and accessToken.`,
  })
  expect((await pull('text/team/app')).failure).toMatchObject({
    failureCode: 'UpstreamAccessDenied',
    failureReason: LOGIN_FAILED,
  })
})

it('A rule is refused in the words of the service if its secret cannot be read', async () => {
  await using given = await start()
  const { manager, ecr, create, validate } = given
  const cases = [
    [
      'SecretNotFoundException',
      'The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.',
      undefined,
    ],
    [
      'UnableToAccessSecretException',
      'The secret is unable to be accessed. Verify the resource permissions for the secret and try again.',
      { error: 'AccessDeniedException', message: 'not authorized' },
    ],
    [
      'UnableToDecryptSecretValueException',
      'The secret is accessible but is unable to be decrypted. Verify the resource permisisons and try again.',
      { error: 'DecryptionFailure', message: 'The key is disabled.' },
    ],
  ] as const
  manager.secrets.set(arnOf('good'), { text: secretText('token') })
  await create('good', 'good')
  for (const [name, message, behaviour] of cases) {
    if (behaviour) manager.secrets.set(arnOf('bad'), behaviour)
    await expect(create('bad', 'bad')).rejects.toMatchObject({ name, message })
    const update = new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'good', credentialArn: arnOf('bad') })
    await expect(ecr.send(update)).rejects.toMatchObject({ name, message })
    manager.secrets.delete(arnOf('good'))
    if (behaviour) manager.secrets.set(arnOf('good'), behaviour)
    expect(await validate('good')).toMatchObject({ isValid: false, failure: message })
  }
})
