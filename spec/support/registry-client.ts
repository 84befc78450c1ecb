import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { request } from 'undici'
import { digestOf, mediaTypes } from './upstream-content.js'

/** A client of both planes of a running emulator, with the few calls of which a load consists. */
export interface RegistryClient {
  createRepository(repositoryName: string): Promise<void>
  /** Status and body of a GET below `/v2/`, after following redirects. */
  get(path: string): Promise<{ status: number; body: Buffer }>
  /** Pushes a blob in two chunks and a closing PUT and returns its digest. Throws with the status if it is refused. */
  pushBlob(repository: string, blob: Buffer): Promise<string>
  pushManifest(repository: string, reference: string, manifest: Buffer): Promise<void>
}

/** The addresses of a running emulator. */
export interface Addresses {
  readonly endpoint: string
  readonly registry: string
}

export const ecrClient = (
  { endpoint }: Pick<Addresses, 'endpoint'>,
  { accessKeyId = 'test', region = 'us-east-1' }: { readonly accessKeyId?: string; readonly region?: string } = {},
) =>
  new ECRClient({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey: 'test' },
    maxAttempts: 1,
  })

/** The token that `docker login` receives; it stays valid across restarts. */
export async function authorizationToken(ecr: ECRClient): Promise<string> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
  return authorizationData?.[0]?.authorizationToken ?? ''
}

/** Calls `onAnswer` for every answer of the registry. Pass a function as `token` if the token is renewed in between. */
export function registryClient(
  { endpoint, registry }: Addresses,
  token: string | (() => string),
  onAnswer: () => void = () => {},
): RegistryClient {
  const ecr = ecrClient({ endpoint })
  const origin = `http://${registry}`
  const accept = Object.values(mediaTypes).join(', ')

  async function ask(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT',
    url: string,
    body?: Buffer,
    contentType = 'application/octet-stream',
  ) {
    const authorization = `Basic ${typeof token === 'string' ? token : token()}`
    const headers = { authorization, accept, ...(body && { 'content-type': contentType }) }
    // In Node 20, fetch sometimes waits forever for a server that was killed while fetch was connecting.
    const answer = await request(new URL(url, origin), { method, headers, body: body ?? null })
    const location = String(answer.headers.location ?? '')
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    onAnswer()
    return { status: answer.statusCode, location, body: bytes }
  }
  async function write(...request: Parameters<typeof ask>) {
    const answer = await ask(...request)
    if (answer.status < 300) return answer.location
    throw new Error(`${request[0]} ${request[1]}: ${answer.status} ${answer.body.toString()}`)
  }
  return {
    createRepository: async (repositoryName) => void (await ecr.send(new CreateRepositoryCommand({ repositoryName }))),
    async get(path) {
      const answer = await ask('GET', `/v2/${path}`)
      return answer.status === 307 ? fetched(answer.location) : answer
    },
    async pushBlob(repository, blob) {
      const half = Math.ceil(blob.length / 2)
      const begun = await write('POST', `/v2/${repository}/blobs/uploads/`)
      const first = await write('PATCH', begun, blob.subarray(0, half))
      const second = await write('PATCH', first, blob.subarray(half))
      await write('PUT', `${second}?digest=${digestOf(blob)}`)
      return digestOf(blob)
    },
    pushManifest: async (repository, reference, manifest) =>
      void (await write('PUT', `/v2/${repository}/manifests/${reference}`, manifest, mediaTypes.ociManifest)),
  }
}

/** The timeout for storage that does not answer; the default of a client is five minutes. */
const STORAGE_MS = 5_000

/** Fetches a presigned URL without the registry's credentials, which the storage must not receive. */
async function fetched(url: string) {
  const { statusCode, body } = await request(url, { headersTimeout: STORAGE_MS, bodyTimeout: STORAGE_MS })
  return { status: statusCode, body: Buffer.from(await body.arrayBuffer()) }
}
