import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { request } from 'undici'
import { compose } from '../../src/compose/compose.js'
import { type Config, defaultConfig } from '../../src/config/config.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { silent } from './silent-log.js'

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const admin = { policies: [everything] }

/** Two accounts, each with an administrator whose access key is `AKIAADMIN<first digit>`; every secret is `secret`. */
export const twoAccounts: NonNullable<Config['accounts']> = {
  '111122223333': { users: { admin: { ...admin, accessKeys: { AKIAADMIN1: 'secret' } } } },
  '444455556666': { users: { admin: { ...admin, accessKeys: { AKIAADMIN4: 'secret' } } } },
}

/** Everything that `compose` builds, in this process and in memory, on a free port. */
export async function wholeEmulator(settings: Partial<Config> = {}) {
  const config: Config = {
    ...defaultConfig,
    store: 'memory',
    port: 0,
    accounts: twoAccounts,
    ...settings,
  }
  const running = await compose(config, ['control-plane', 'data-plane'], silent)
  const { endpoint = '', registry } = running
  const ecr = (accessKeyId = 'AKIAADMIN1', region = 'us-east-1', at = endpoint) =>
    new ECRClient({ endpoint: at, region, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: 'secret' } })
  return {
    endpoint,
    registry,
    ecr,
    async advance(advanceSeconds: number) {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ advanceSeconds })
      const answer = await request(`${endpoint}/_admin/clock`, { method: 'POST', headers, body })
      if (answer.statusCode !== 200) throw new Error(`The clock was not advanced: ${await answer.body.text()}`)
    },
    /** Sends GET to the data plane with a fresh token of this client. */
    async get(path: string, client = ecr()) {
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
      const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`
      const accept = Object.values(mediaTypes).join(', ')
      const answer = await request(`http://${registry}/v2/${path}`, { headers: { authorization, accept } })
      return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) }
    },
    [Symbol.asyncDispose]: () => running.close(),
  }
}
