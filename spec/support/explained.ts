import { ListImagesCommand, PutImageCommand } from '@aws-sdk/client-ecr'
import { request } from 'undici'
import type { Accounts } from '../../src/access/credentials.js'
import type { ExplainedRequest, RefusedRequest } from '../../src/registry/ports/decision-source.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { account, now, region, startEmulator } from './emulator.js'

/*
 * Shared by the specs of explanations: an emulator with a repository, users with few permissions, and the endpoint
 * that explains decisions.
 */

export const app = `arn:aws:ecr:${region}:${account}:repository/team/app`
export const admin = { Sid: 'Everything', Effect: 'Allow', Action: 'ecr:*', Resource: '*' }
export const list = {
  ...{ Sid: 'ListHere', Effect: 'Allow', Action: 'ecr:ListImages', Resource: '*' },
  Condition: { StringEquals: { 'aws:RequestedRegion': region }, Null: { 'aws:PrincipalTag/left': 'true' } },
}
export const pulls = { Effect: 'Allow', Action: 'ecr:BatchGetImage', Resource: '*' }
export const accounts: Accounts = {
  [account]: {
    users: {
      admin: { accessKeys: { AKIDADMIN: 'secret' }, policies: [{ Version: '2012-10-17', Statement: [admin] }] },
      puller: { accessKeys: { AKIDPULLER: 'secret' }, policies: [{ Statement: [pulls] }] },
      reader: { accessKeys: { AKIDREADER: 'secret' }, policies: [{ Version: '2012-10-17', Statement: [list] }] },
    },
  },
}
export const put = new PutImageCommand({ repositoryName: 'team/app', imageManifest: '{}' })
export const listed = new ListImagesCommand({ repositoryName: 'team/app' })

export type Emulator = Awaited<ReturnType<typeof startEmulator>>
export type Told = ExplainedRequest & { incomplete?: string; message?: string }

export async function emulatorWithApp(options: Parameters<typeof startEmulator>[0] = {}) {
  const emulator = await startEmulator({ accounts, ...options })
  await emulator.deps.store.repositories.insert({ account, region }, 'team/app', newRepository('team/app', now))
  return emulator
}

export const requestIdOf = (sent: Promise<{ $metadata: { requestId?: string } }>): Promise<string> =>
  sent.then(
    ({ $metadata }) => $metadata.requestId!,
    (error: { $metadata: { requestId: string } }) => error.$metadata.requestId,
  )

export async function ask({ endpoint }: Emulator, query: string): Promise<{ status: number; body: Told }> {
  const { statusCode, body } = await request(`${endpoint}/_admin/explain${query}`)
  return { status: statusCode, body: (await body.json()) as Told }
}

export const explained = async (emulator: Emulator, sent: Promise<{ $metadata: { requestId?: string } }>) =>
  (await ask(emulator, `?requestId=${await requestIdOf(sent)}`)).body

export const refusals = async (emulator: Emulator) =>
  (await ask(emulator, '')).body as unknown as { refused: RefusedRequest[]; incomplete?: string }
