import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does with a secret: answers with its text, refuses with an error, or never answers. */
export type SecretBehaviour =
  { readonly text: string } | { readonly error: string; readonly message: string; readonly status?: number } | 'silence'

/** Stands in for AWS Secrets Manager: GetSecretValue as awsJson1.1, with the real errors. */
export interface SecretsManagerServer extends AsyncDisposable {
  readonly url: string
  /** By ARN; the service has no other secrets. */
  readonly secrets: Map<string, SecretBehaviour>
  /** The ARNs that were requested, and the Region of each signature. */
  readonly requests: { readonly arn: string; readonly region: string }[]
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
const notFound: SecretBehaviour = {
  error: 'ResourceNotFoundException',
  message: "Secrets Manager can't find the specified secret.",
}

/** The answer to anything but a signed GetSecretValue. */
const noCall: SecretBehaviour = { error: 'UnknownOperationException', message: '' }

/** Starts the server on a free port. It refuses requests that are not signed for Secrets Manager. */
export async function secretsManagerServer(): Promise<SecretsManagerServer> {
  const secrets = new Map<string, SecretBehaviour>()
  const requests: { arn: string; region: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { SecretId: arn } = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId: string }
      const [, region = ''] = SCOPE.exec(request.headers.authorization ?? '') ?? []
      requests.push({ arn, region })
      const isCall = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && region !== ''
      const behaviour = isCall ? (secrets.get(arn) ?? notFound) : noCall
      if (behaviour === 'silence') return
      const headers = { 'content-type': 'application/x-amz-json-1.1' }
      if ('text' in behaviour) {
        const answer = { ARN: arn, Name: arn.split(':').at(-1), SecretString: behaviour.text, VersionId: VERSION }
        return response.writeHead(200, headers).end(JSON.stringify(answer))
      }
      const { error, message, status = 400 } = behaviour
      return response.writeHead(status, headers).end(JSON.stringify({ __type: error, Message: message }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** The Region in a signature's scope: `<key>/<date>/<Region>/secretsmanager/aws4_request`. */
const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/secretsmanager\/aws4_request/
const VERSION = 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111'
