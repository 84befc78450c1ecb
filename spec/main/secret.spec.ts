import { DescribeRepositoriesCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPlanes, type Planes } from '../support/planes.js'
import { createRepository, pushImage, sha256 } from '../support/push.js'
import { authorizationToken } from '../support/registry-client.js'

const user = { accessKeyId: 'AKIADEV', secretAccessKey: 'secret' }
const everything = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }
const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIADEV: 'secret' }, policies: [everything] } } } }

let planes: Planes
const at = (index: number) => `http://${planes.addressOf(index)}`
const [dataA, dataB, controlA, controlB] = [0, 1, 2, 3]

beforeAll(async () => {
  planes = await startPlanes({ data: 2, control: 2, config: { accounts } })
})
afterAll(() => planes[Symbol.asyncDispose]())

const ecrAt = (index: number, credentials = user) =>
  new ECRClient({ endpoint: at(index), region: 'us-east-1', credentials, maxAttempts: 1 })

describe('planes with one secret', () => {
  it('Every data plane accepts the tokens of every control plane and refuses a forged one', async () => {
    for (const control of [controlA, controlB]) {
      const token = await authorizationToken(ecrAt(control))
      for (const data of [dataA, dataB]) {
        const answer = await request(`${at(data)}/v2/`, { headers: { authorization: `Basic ${token}` } })
        expect(answer.statusCode).toBe(200)
        await answer.body.dump()
      }
    }
    const forged = Buffer.from('AWS:forged').toString('base64')
    const refused = await request(`${at(dataA)}/v2/`, { headers: { authorization: `Basic ${forged}` } })
    expect(refused.statusCode).toBe(401)
    await refused.body.dump()
  })

  it('A control plane accepts temporary credentials that another control plane issued', async () => {
    const sts = (index: number, credentials: typeof user) =>
      new STSClient({ endpoint: at(index), region: 'us-east-1', credentials, maxAttempts: 1 })
    const { Credentials } = await sts(controlA, user).send(new GetSessionTokenCommand({}))
    const session = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    }
    expect((await sts(controlB, session).send(new GetCallerIdentityCommand({}))).Arn).toMatch(/user\/dev$/)
    expect((await ecrAt(controlB, session).send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it('A data plane serves a layer URL that a control plane in another process issued', async () => {
    const ecr = ecrAt(controlB)
    const repositoryName = 'team/app'
    await createRepository(ecr, repositoryName)
    await pushImage(ecr, repositoryName, { layer: 'a layer' })
    const url = new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: sha256('a layer') })
    const { downloadUrl } = await ecr.send(url)
    const { pathname, search } = new URL(downloadUrl!)
    const answer = await request(at(dataB) + pathname + search)
    expect(await answer.body.text()).toBe('a layer')
  })

  it('Planes that are given a secret write none to the data directory', () => {
    expect(existsSync(join(planes.dataDir, 'layout.json'))).toBe(true)
    expect(existsSync(join(planes.dataDir, 'secret'))).toBe(false)
  })
})

describe('plane with another secret', () => {
  it('A plane with another secret refuses the tokens of the others', async () => {
    await using stranger = await startPlanes({
      ...{ dataDir: planes.dataDir, config: { accounts } },
      env: { ECR_LOCAL_SECRET: 'another secret, also of more than 32 characters' },
    })
    const token = await authorizationToken(ecrAt(controlA))
    const answer = await request(`http://${stranger.registry}/v2/`, { headers: { authorization: `Basic ${token}` } })
    expect(answer.statusCode).toBe(401)
    await answer.body.dump()
  })
})
