import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueToken } from '../../src/access/token.js'
import {
  allowing,
  basic,
  errorIn,
  registry,
  type RunningRegistry,
  startedAt,
  startRegistry,
  userOf,
} from '../support/registry.js'

describe('authentication of registry requests', () => {
  let running: RunningRegistry
  beforeAll(async () => void (running = await startRegistry()))
  afterAll(() => running[Symbol.asyncDispose]())

  const get = (authorization: string, host?: string) =>
    running.send('GET', '/v2/', { headers: { authorization, ...(host && { host }) } })
  const grantUntil = (expiresAt: number) => ({ principal: userOf('developer'), registry, expiresAt })

  it('A valid authorization token is accepted by GET /v2/', async () => {
    const { status, headers, body } = await get(running.tokenOf())

    expect(status).toBe(200)
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0')
    expect(body.toString()).toBe('{}')
  })

  it.each([
    ['no credentials', ''],
    ['a forged token', basic('e30.c2lnbmF0dXJl')],
    ['a token signed by another installation', basic(issueToken(grantUntil(9e15), 'another secret'))],
    ['another user name', basic(issueToken(grantUntil(9e15), 'a secret both planes hold'), 'root')],
    ['a Bearer token', 'Bearer abc'],
    ['credentials without a colon', `Basic ${Buffer.from('AWS').toString('base64')}`],
    ['credentials that are not base64', 'Basic %%%'],
  ])('A request with %s is answered with 401 and a Basic challenge', async (_, authorization) => {
    const { status, headers, body } = await get(authorization)

    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe(`Basic realm="https://${running.host}/",service="ecr.amazonaws.com"`)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0')
    expect(body.toString()).toBe('Not Authorized\n')
  })

  it('The challenge names the host that the client called', async () => {
    const host = '123456789012.dkr.ecr.us-east-1.localhost:4510'
    const { headers } = await get('', host)

    expect(headers['www-authenticate']).toBe(`Basic realm="https://${host}/",service="ecr.amazonaws.com"`)
  })

  it('A request without credentials is challenged even if its path does not exist', async () => {
    const { status } = await running.send('GET', '/v2/no/such/endpoint', { headers: { authorization: '' } })

    expect(status).toBe(401)
  })

  it('An authorization token is accepted for twelve hours and then refused as expired', async () => {
    await using own = await startRegistry()
    await own.deps.clock.advance(12 * 60 * 60 - 1)
    expect((await own.send('GET', '/v2/')).status).toBe(200)

    await own.deps.clock.advance(1)
    const answer = await own.send('GET', '/v2/')

    expect(answer.status).toBe(403)
    expect(errorIn(answer)).toEqual({
      code: 'DENIED',
      message: 'Your authorization token has expired. Reauthenticate and try again.',
    })
  })

  it('A token that expires at this very moment is refused with 403', async () => {
    const { status } = await get(basic(issueToken(grantUntil(startedAt.getTime()), 'a secret both planes hold')))

    expect(status).toBe(403)
  })

  it('The registry is taken from a host in the AWS form, and from the token for any other host', async () => {
    await running.createRepository('app')
    const tags = (host: string) => running.send('GET', '/v2/app/tags/list', { headers: { host } })

    expect((await tags('localhost:4510')).status).toBe(200)
    expect((await tags('123456789012.dkr.ecr.us-east-1.amazonaws.com')).status).toBe(200)
    expect((await tags('123456789012.dkr.ecr-fips.us-east-1.amazonaws.com')).status).toBe(200)
    expect((await tags('123456789012.dkr-ecr.us-east-1.on.aws')).status).toBe(200)
    expect((await tags('999999999999.dkr.ecr.us-east-1.amazonaws.com')).status).toBe(403)
  })

  it.each(['dkr.ecr.eu-west-1.amazonaws.com', 'dkr.ecr-fips.us-west-2.amazonaws.com', 'dkr-ecr.eu-west-1.on.aws'])(
    'A token for one Region is challenged at the endpoint of another Region: %s',
    async (domain) => {
      const host = `123456789012.${domain}`
      const { status, headers, body } = await get(running.tokenOf(), host)

      expect(status).toBe(401)
      expect(headers['www-authenticate']).toBe(`Basic realm="https://${host}/",service="ecr.amazonaws.com"`)
      expect(body.toString()).toBe('Not Authorized\n')
    },
  )

  it('A token of a user that is no longer configured is challenged', async () => {
    expect((await get(running.tokenOf(userOf('gone')))).status).toBe(401)
  })

  it('A token of a role that is no longer configured is challenged', async () => {
    const arn = 'arn:aws:sts::123456789012:assumed-role/gone/session'
    const session = { roleArn: 'arn:aws:iam::123456789012:role/gone' }
    const ofRole = { arn, account: registry.account, userId: 'AROAEXAMPLE:session', session }

    expect((await get(running.tokenOf(ofRole))).status).toBe(401)
  })

  it('A token of a role session gives no more than the session policies allow', async () => {
    const trustPolicy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: registry.account }, Action: 'sts:AssumeRole' }],
    }
    const roles = { ci: { trustPolicy, policies: [allowing('ecr:*')] } }
    await using own = await startRegistry({ accounts: { [registry.account]: { roles } } })
    const session = {
      roleArn: 'arn:aws:iam::123456789012:role/ci',
      policies: [JSON.stringify(allowing(['ecr:GetAuthorizationToken', 'ecr:ListImages']))],
    }
    const arn = 'arn:aws:sts::123456789012:assumed-role/ci/build'
    const ofRole = { arn, account: registry.account, userId: 'AROAEXAMPLE:build', session }
    await own.createRepository('app')
    const ask = (method: string, path: string) =>
      own.send(method, path, { headers: { authorization: own.tokenOf(ofRole) } })

    expect((await ask('GET', '/v2/')).status).toBe(200)
    expect((await ask('GET', '/v2/app/tags/list')).status).toBe(200)
    const refused = await ask('POST', '/v2/app/blobs/uploads/')
    expect(refused.status).toBe(403)
    expect(errorIn(refused).message).toBe(
      `User: ${arn} is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-east-1:123456789012:repository/app because no session policy allows the ecr:InitiateLayerUpload action`,
    )
  })
})
