import { ECRClient } from '@aws-sdk/client-ecr'
import type { Ran } from './run-command.js'
import type { EmulatorProcess } from './emulator-process.js'
import { authorizationToken } from './registry-client.js'
import { skopeo } from './skopeo.js'

/** The account of the user guide's page about pull through cache rules. */
export const guideAccount = '111122223333'

/** The user of that page, who may only pull. */
export const guideUserArn = `arn:aws:iam::${guideAccount}:user/ecr-pull-through-cache-user`

/** The access keys of its administrator and of that user; the secret of both is `secret`. */
export const guideKeys = { admin: 'AKIAADMINISTRATOR000', user: 'AKIAI44QH8DHBEXAMPLE' }

const user = (accessKeyId: string, actions: string | string[]) => ({
  accessKeys: { [accessKeyId]: 'secret' },
  policies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }],
})

/** The users of the account, for the configuration. */
export const guideUsers = {
  admin: user(guideKeys.admin, 'ecr:*'),
  'ecr-pull-through-cache-user': user(guideKeys.user, [
    ...['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
  ]),
}

/** A client of one of these users. */
export const guideClient = ({ endpoint }: Pick<EmulatorProcess, 'endpoint'>, accessKeyId: string) =>
  new ECRClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
  })

/** Pulls the manifest of an image with skopeo as one of these users, whether or not that succeeds. */
export async function guidePull(emulator: EmulatorProcess, accessKeyId: string, image: string): Promise<Ran> {
  const token = await authorizationToken(guideClient(emulator, accessKeyId))
  const password = Buffer.from(token, 'base64').toString().replace('AWS:', '')
  return skopeo(password).tryRaw(`${emulator.registry}/${image}`)
}
