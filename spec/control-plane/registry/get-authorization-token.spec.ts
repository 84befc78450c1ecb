import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { openToken } from '../../../src/access/token.js'
import { account, now, region, settings, startEmulator } from '../../support/emulator.js'

const HOUR_MS = 60 * 60 * 1000
const get = (registryIds?: string[]) => new GetAuthorizationTokenCommand({ registryIds })

/** The user and the password that `docker login` takes from a token. */
function passwordOf(authorizationToken = '') {
  const [user, password = ''] = Buffer.from(authorizationToken, 'base64').toString().split(':')
  return { user, password }
}

describe('GetAuthorizationToken', () => {
  it('GetAuthorizationToken returns a password for the registry of the caller, valid for 12 hours', async () => {
    await using emulator = await startEmulator()

    const { authorizationData = [] } = await emulator.ecr.send(get())

    expect(authorizationData).toHaveLength(1)
    const [{ authorizationToken, expiresAt, proxyEndpoint } = {}] = authorizationData
    expect(expiresAt).toEqual(new Date(now.getTime() + 12 * HOUR_MS))
    expect(proxyEndpoint).toBe('http://localhost:4510')
    const { user, password } = passwordOf(authorizationToken)
    expect(user).toBe('AWS')
    expect(openToken(password, settings.secret)).toEqual({
      principal: expect.objectContaining({ arn: `arn:aws:iam::${account}:user/developer` }) as unknown,
      registry: { account, region },
      expiresAt: now.getTime() + 12 * HOUR_MS,
    })
  })

  it('GetAuthorizationToken returns one entry for each registry id, with the address of that registry', async () => {
    const registryAddress = () => ({ scheme: 'http' as const, host: '{account}.dkr.ecr.{region}.localhost:4510' })
    await using emulator = await startEmulator({ settings: { ...settings, registryAddress } })
    const ids = ['111122223333', '444455556666']

    const { authorizationData = [] } = await emulator.ecr.send(get(ids))

    expect(authorizationData.map(({ proxyEndpoint }) => proxyEndpoint)).toEqual(
      ids.map((id) => `http://${id}.dkr.ecr.us-east-1.localhost:4510`),
    )
    const granted = authorizationData.map(({ authorizationToken }) =>
      openToken(passwordOf(authorizationToken).password, settings.secret),
    )
    expect(granted).toMatchObject(ids.map((id) => ({ registry: { account: id, region } })))
  })

  it('GetAuthorizationToken refuses more than 10 registry ids and an id that is not twelve digits long', async () => {
    await using emulator = await startEmulator()
    const eleven = Array.from({ length: 11 }, () => account)
    await expect(emulator.ecr.send(get(eleven))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'registryIds' failed to satisfy constraint: 'Member must have length less than or equal to 10'",
    })
    await expect(emulator.ecr.send(get(['12345']))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
