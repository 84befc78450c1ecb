import { DescribeRegistryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import aws4 from 'aws4'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, type Needs } from '../support/describe-with.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { targetOf } from '../support/raw-http.js'
import { mustRun, neutralEnvironment, runCommand } from '../support/run-command.js'
import { isInstalled } from '../support/system-tools.js'

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Calls DescribeRegistry with one signing implementation and returns the answer or the refusal as text. */
type Signer = (endpoint: string, key: Key) => Promise<string>

const jsonHeaders = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': targetOf('DescribeRegistry') }

const sdk: Signer = async (endpoint, credentials) => {
  const client = new ECRClient({ endpoint, region, credentials, maxAttempts: 1 })
  const answer = await client.send(new DescribeRegistryCommand({})).catch(String)
  client.destroy()
  return JSON.stringify(answer)
}

const signedByAws4 =
  (signQuery: boolean): Signer =>
  async (endpoint, key) => {
    const { host } = new URL(endpoint)
    const wanted = { host, method: 'POST', path: '/', service: 'ecr', region, body: '{}', signQuery }
    const { path, headers } = aws4.sign({ ...wanted, headers: { ...jsonHeaders, host } }, key)
    // fetch sends its own, the same: with undici in the process, given once more it is refused.
    delete headers?.['Content-Length']
    const answer = await fetch(`${endpoint}${path}`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: '{}',
    })
    return answer.text()
  }

const curl: Signer = async (endpoint, { accessKeyId, secretAccessKey, sessionToken }) => {
  const wanted = { ...jsonHeaders, ...(sessionToken && { 'x-amz-security-token': sessionToken }) }
  const headers = Object.entries(wanted).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const signing = ['--aws-sigv4', `aws:amz:${region}:ecr`, '--user', `${accessKeyId}:${secretAccessKey}`]
  return (await mustRun('curl', ['-sS', ...signing, ...headers, '-d', '{}', `${endpoint}/`])).stdout
}

/** A program that takes its credentials from the environment. */
const program =
  (command: string, args: (endpoint: string) => string[]): Signer =>
  async (endpoint, { accessKeyId, secretAccessKey, sessionToken }) => {
    const env = {
      ...{ ...neutralEnvironment(), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      ...{ AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '' },
      ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
      ...{ AWS_CONFIG_FILE: '/nonexistent/config', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials' },
    }
    const { stdout, stderr } = await runCommand(command, args(endpoint), { env })
    return stdout + stderr
  }

const awsCli = (command: string) =>
  program(command, (endpoint) => ['--endpoint-url', endpoint, '--output', 'json', 'ecr', 'describe-registry'])

/** The two signers of botocore on a request built by hand, and its client. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import botocore']).status === 0,
)
const botocore = (script: string) => program(python ?? 'python3', (endpoint) => ['-c', script, endpoint])
const client = `
import sys, botocore.session
client = botocore.session.get_session().create_client('ecr', endpoint_url=sys.argv[1])
try: print(client.describe_registry())
except Exception as refusal: print(refusal)
`
const signedBy = (signer: string) => `
import sys, urllib.request, urllib.error, botocore.session, botocore.auth, botocore.awsrequest
request = botocore.awsrequest.AWSRequest('POST', sys.argv[1] + '/', ${JSON.stringify(jsonHeaders)}, b'{}')
botocore.auth.${signer}(botocore.session.get_session().get_credentials(), 'ecr', '${region}').add_auth(request)
signed = request.prepare()
try: print(urllib.request.urlopen(urllib.request.Request(signed.url, signed.body or b"", dict(signed.headers))).read())
except urllib.error.HTTPError as refusal: print(refusal.read())
`

const curlSigns = String(spawnSync('curl', ['--help', 'all']).stdout).includes('--aws-sigv4')

const signers: [name: string, needs: Needs, call: Signer][] = [
  ['the AWS SDK for JavaScript', {}, sdk],
  ['aws4', {}, signedByAws4(false)],
  ['aws4, presigned', {}, signedByAws4(true)],
  ['curl', { 'curl --aws-sigv4': curlSigns }, curl],
  ['the AWS CLI', { aws: isInstalled('aws') }, awsCli('aws')],
  ["the distribution's AWS CLI", { '/usr/bin/aws': existsSync('/usr/bin/aws') }, awsCli('/usr/bin/aws')],
  ["botocore's client", { botocore: python !== undefined }, botocore(client)],
  ["botocore's SigV4Auth", { botocore: python !== undefined }, botocore(signedBy('SigV4Auth'))],
  ["botocore's SigV4QueryAuth", { botocore: python !== undefined }, botocore(signedBy('SigV4QueryAuth'))],
]

for (const [name, needs, call] of signers)
  describeWith(needs, `Requests signed by ${name}`, () => {
    let emulator: Awaited<ReturnType<typeof startEmulator>>
    beforeAll(async () => void (emulator = await startEmulator()))
    afterAll(() => emulator[Symbol.asyncDispose]())
    const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

    it('A signed request with the right key is accepted', async () => {
      expect(await call(emulator.endpoint, key)).toContain(account)
    })

    it('A request signed with temporary credentials is accepted, and refused with a changed token', async () => {
      const sts = new STSClient({ endpoint: emulator.endpoint, region, credentials: key })
      const { Credentials } = await sts.send(new GetSessionTokenCommand({}))
      sts.destroy()
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
      const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
      expect(await call(emulator.endpoint, session)).toContain(account)
      expect(await call(emulator.endpoint, { ...session, sessionToken: `${SessionToken}A` })).toContain(
        'The security token included in the request is invalid',
      )
    })

    it('A request signed with a wrong secret is refused', async () => {
      const answer = await call(emulator.endpoint, { ...key, secretAccessKey: 'wrong' })
      expect(answer).toContain('The request signature we calculated does not match the signature you provided.')
      expect(answer).not.toContain(account)
    })

    it('A request signed with an unknown access key id is refused', async () => {
      const answer = await call(emulator.endpoint, { ...key, accessKeyId: 'AKIDNOBODY' })
      expect(answer).toContain('The security token included in the request is invalid.')
      expect(answer).not.toContain(account)
    })
  })
