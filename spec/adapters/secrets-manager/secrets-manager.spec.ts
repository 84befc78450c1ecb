import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { secretsManager } from '../../../src/adapters/secrets-manager/secrets-manager.js'
import type { SecretFailure } from '../../../src/registry/ports/secrets.js'
import { type SecretBehaviour, secretsManagerServer } from '../../support/secrets-manager-server.js'
import { silent } from '../../support/silent-log.js'

const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/hub-AbCdEf'
const content = { username: 'robot', accessToken: 'token' }

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
})
afterEach(() => vi.unstubAllEnvs())

/** Secrets of a server that behaves like this, by a clock that the spec moves. */
async function secretsWith(behaviour?: SecretBehaviour) {
  const server = await secretsManagerServer()
  if (behaviour) server.secrets.set(arn, behaviour)
  let time = 0
  const clock = { wall: () => new Date(time) }
  const secrets = secretsManager({ endpoint: server.url, clock, log: silent, timeoutMs: 300 })
  return {
    server,
    secrets,
    pass: (seconds: number) => void (time += seconds * 1000),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('secrets of Secrets Manager', () => {
  it('A secret is requested in the Region of its ARN, once a minute, or when a fresh one is wanted', async () => {
    await using given = await secretsWith({ text: JSON.stringify({ ...content, more: 1 }) })
    const { secrets, server } = given
    expect(await secrets.get(arn)).toEqual(content)
    expect(server.requests).toEqual([{ arn, region: 'eu-west-1' }])
    given.pass(59)
    server.secrets.set(arn, { text: JSON.stringify({ ...content, accessToken: 'rotated' }) })
    expect(await secrets.get(arn)).toEqual(content)
    expect(await secrets.get(arn, { isFresh: true })).toEqual({ ...content, accessToken: 'rotated' })
    expect(await secrets.get(arn)).toEqual({ ...content, accessToken: 'rotated' })
    expect(server.requests).toHaveLength(2)
    given.pass(60)
    await secrets.get(arn)
    expect(server.requests).toHaveLength(3)
  })

  it('A secret is requested once for all who wait for it', async () => {
    await using given = await secretsWith({ text: JSON.stringify(content) })
    await Promise.all(Array.from({ length: 20 }, () => given.secrets.get(arn)))
    expect(given.server.requests).toHaveLength(1)
  })

  it('A secret that does not exist is requested each time, so that one is found as soon as it is created', async () => {
    await using given = await secretsWith()
    expect(await given.secrets.get(arn)).toBeUndefined()
    given.server.secrets.set(arn, { text: JSON.stringify(content) })
    expect(await given.secrets.get(arn)).toEqual(content)
  })

  it.each<[SecretFailure['kind'], SecretBehaviour]>([
    ['inaccessible', { error: 'AccessDeniedException', message: 'User: x is not authorized to perform: y' }],
    ['inaccessible', { error: 'InvalidRequestException', message: 'it was marked for deletion.' }],
    ['undecryptable', { error: 'DecryptionFailure', message: 'The key is disabled.' }],
    ['undecryptable', { error: 'AccessDeniedException', message: 'Access to KMS is not allowed' }],
    ['malformed', { text: 'test' }],
    ['malformed', { text: 'null' }],
    ['malformed', { text: JSON.stringify({ username: 'robot' }) }],
    ['malformed', { text: JSON.stringify({ username: 'robot', accessToken: 7 }) }],
    ['unavailable', { error: 'InternalServiceError', message: 'An error occurred.', status: 500 }],
    ['unavailable', { error: 'ThrottlingException', message: 'Rate exceeded' }],
    ['unavailable', 'silence'],
  ])('A secret is %s where the service answers with %j', async (kind, behaviour) => {
    await using given = await secretsWith(behaviour)
    await expect(given.secrets.get(arn)).rejects.toMatchObject({ name: 'SecretFailure', kind })
    await expect(given.secrets.get(arn)).rejects.toMatchObject({ kind })
  })

  it('A secret is unavailable if nothing listens at the endpoint', async () => {
    const clock = { wall: () => new Date() }
    const secrets = secretsManager({ endpoint: 'http://127.0.0.1:1', clock, log: silent, timeoutMs: 300 })
    await expect(secrets.get(arn)).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
