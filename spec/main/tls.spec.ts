import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certs } from '../../src/cli/certs-command.js'
import { defaultConfig } from '../../src/config/config.js'
import { type AwsCli, awsCli } from '../support/aws-cli.js'
import { startProcess } from '../support/background-process.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { mustRun, neutralEnvironment, runCommand } from '../support/run-command.js'
import { runCli } from '../support/run-cli.js'
import { isInstalled } from '../support/system-tools.js'
import type { AddedImage } from '../support/upstream-content.js'

const folder = mkdtempSync(join(tmpdir(), 'ecr-local-tls-'))
const dir = join(folder, 'certs')
const [authority, trusted] = [join(dir, 'ca.crt'), join(folder, 'trusted')]
const tls = { tlsCert: join(dir, 'server.crt'), tlsKey: join(dir, 'server.key') }
const image = 'ecr-public/team/app'
const issue = (...names: string[]) => certs(defaultConfig, { dir, names })

let upstream: FaultyUpstream
let upstreams: object
let added: AddedImage
let emulator: EmulatorProcess
let aws: AwsCli

beforeAll(async () => {
  await issue()
  mkdirSync(trusted)
  copyFileSync(authority, join(trusted, 'ca.crt'))
  upstream = await faultyUpstream()
  added = upstream.addImage('team/app', { tag: 'v1' })
  upstreams = { 'public.ecr.aws': { endpoint: upstream.url } }
  emulator = await emulatorProcess({ config: { ...tls, upstreams } })
  aws = clientOf(emulator.endpoint)
})
afterAll(async () => {
  await emulator[Symbol.asyncDispose]()
  await upstream.close()
  rmSync(folder, { recursive: true })
})

const clientOf = (endpoint: string) => awsCli({ endpoint, env: { AWS_CA_BUNDLE: authority } })
const createRule = (client: AwsCli) =>
  client.run(
    ...['ecr', 'create-pull-through-cache-rule', '--ecr-repository-prefix', 'ecr-public'],
    ...['--upstream-registry-url', 'public.ecr.aws'],
  )

/** The certificate that a new connection is shown. */
function shownBy(address: string): Promise<PeerCertificate> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), servername: hostname, ca: readFileSync(authority) })
    socket.once('error', reject).once('secureConnect', () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
  })
}

describe.skipIf(!isInstalled('aws') || !isInstalled('skopeo'))('planes with a certificate', () => {
  it('Planes with a certificate speak https to the AWS CLI and announce https addresses', async () => {
    expect(emulator.endpoint).toMatch(/^https:\/\/localhost:\d+$/)
    expect((await createRule(aws)).exitCode).toBe(0)
    const { authorizationData } = await aws.json('ecr', 'get-authorization-token')
    expect(authorizationData[0].proxyEndpoint).toBe(`https://${emulator.registry}`)
  })

  it('skopeo pulls an image through the cache over https', async () => {
    const password = (await aws.text('ecr', 'get-login-password')).trim()
    const from = [
      '--src-cert-dir',
      trusted,
      '--src-creds',
      `AWS:${password}`,
      `docker://${emulator.registry}/${image}:v1`,
    ]
    const to = join(folder, 'pulled')
    await mustRun('skopeo', ['copy', '--insecure-policy', '--preserve-digests', ...from, `dir:${to}`], {
      env: neutralEnvironment(),
    })
    expect(readFileSync(join(to, 'manifest.json')).equals(added.bytes)).toBe(true)
  })

  it('curl fetches the URL of a layer over https', async () => {
    const [layerDigest = ''] = added.layers
    const { downloadUrl } = await aws.json<{ downloadUrl: string }>(
      ...['ecr', 'get-download-url-for-layer', '--repository-name', image, '--layer-digest', layerDigest],
    )
    expect(downloadUrl).toMatch(new RegExp(`^https://${emulator.registry}/_layers`))
    const file = join(folder, 'layer')
    await mustRun('curl', ['--silent', '--fail', '--cacert', authority, '--output', file, downloadUrl])
    const { stdout } = await mustRun('sha256sum', [file])
    expect(`sha256:${stdout.slice(0, 64)}`).toBe(layerDigest)
  })

  it('Planes with a certificate refuse plain http and clients that do not trust the authority', async () => {
    const untrusting = await runCommand('curl', ['--silent', '--show-error', `https://${emulator.registry}/health`])
    expect(untrusting).toMatchObject({ exitCode: 60, stdout: '' })
    const plain = await runCommand('curl', ['--silent', '--show-error', `http://${emulator.registry}/health`])
    expect(plain.exitCode).not.toBe(0)
  })

  it('ecr-local explain trusts NODE_EXTRA_CA_CERTS and the authority beside the certificate', async () => {
    const port = new URL(emulator.endpoint).port
    const env = { ECR_LOCAL_TLS_CERT: tls.tlsCert, ECR_LOCAL_TLS_KEY: tls.tlsKey, ECR_LOCAL_PORT: port }
    const [trusting, other] = await Promise.all([
      runCli(['explain'], { cwd: folder, env: { ...env, NODE_EXTRA_CA_CERTS: authority } }),
      runCli(['explain'], { cwd: folder, env }),
    ])
    expect(trusting).toMatchObject({ code: 0 })
    expect(other).toMatchObject({ code: 0 })
  })

  it('A control plane and a data plane in two processes speak https to each other', async () => {
    const secret = { ECR_LOCAL_SECRET: 'a secret of more than 32 characters' }
    const settings = { ...tls, upstreams, port: 0, registryPort: 0, dataDir: join(folder, 'shared') }
    const start = async (plane: string, more: object, env: NodeJS.ProcessEnv = {}) => {
      const config = join(folder, `${plane}.json`)
      writeFileSync(config, JSON.stringify({ ...settings, ...more }))
      return startProcess(process.execPath, [main, plane, '--config', config], {
        ready: /"msg":"ready"/,
        env: { ...neutralEnvironment(), ...secret, ...env },
      })
    }
    await using data = await start('data-plane', {})
    const { registry } = JSON.parse(data.readyLine) as { registry: string }
    const trusting = { NODE_EXTRA_CA_CERTS: authority }
    await using control = await start('control-plane', { dataPlane: `https://${registry}` }, trusting)
    const { endpoint, ...told } = JSON.parse(control.readyLine) as { endpoint: string; registry: string }
    expect(told.registry).toBe(registry)
    const client = clientOf(endpoint)
    await createRule(client)
    const { images } = await client.json(
      ...['ecr', 'batch-get-image', '--repository-name', image, '--image-ids', 'imageTag=v1'],
    )
    expect(images[0].imageId.imageDigest).toBe(added.digest)
  })
})

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

describe('certificate renewal on SIGHUP', () => {
  const renewed = (count: number) =>
    expect
      .poll(() => emulator.process.lines.filter((line) => line.includes('the certificate was read again')).length)
      .toBe(count)

  it('A renewed certificate is shown after SIGHUP, and no request fails', async () => {
    const before = await shownBy(emulator.endpoint)
    let isOver = false
    const load = async () => {
      let answered = 0
      for (; !isOver; answered++) {
        // A new connection for every request, so that each one makes a handshake.
        const dispatcher = new Agent({ connect: { ca: readFileSync(authority) }, pipelining: 0 })
        for (const origin of [emulator.endpoint, `https://${emulator.registry}`]) {
          const { statusCode, body } = await request(`${origin}/health`, { dispatcher })
          expect(statusCode).toBe(200)
          await body.dump()
        }
        await dispatcher.close()
      }
      return answered
    }
    const clients = Promise.all([load(), load(), load()])
    for (let count = 1; count <= 5; count++) {
      await issue(`name${count}.test`)
      process.kill(emulator.process.pid, 'SIGHUP')
      await renewed(count)
    }
    isOver = true
    expect(Math.min(...(await clients))).toBeGreaterThan(0)
    for (const origin of [emulator.endpoint, `https://${emulator.registry}`]) {
      const shown = await shownBy(origin)
      expect(shown.serialNumber).not.toBe(before.serialNumber)
      expect(shown.subjectaltname).toContain('name5.test')
    }
  })

  it('The old certificate stays in use after SIGHUP if the new files are invalid', async () => {
    const before = await shownBy(emulator.endpoint)
    writeFileSync(tls.tlsCert, 'no certificate')
    process.kill(emulator.process.pid, 'SIGHUP')
    await emulator.process.line(/the certificate could not be read again: the previous one stays in use/)
    expect((await shownBy(emulator.endpoint)).serialNumber).toBe(before.serialNumber)
  })
})

describe('refused start with TLS', () => {
  const own = join(folder, 'refused')
  const refusal = async (cert: string, key: string) => {
    const { code, stdout, stderr } = await runCli(
      ['start', '--store', 'memory', '--tls-cert', cert, '--tls-key', key, '--port', '0', '--registry-port', '0'],
      { cwd: folder },
    )
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    return stderr
  }

  it('A start with TLS is refused in one line if a file is missing, invalid or does not match', async () => {
    await certs(defaultConfig, { dir: own })
    const [cert, key] = [join(own, 'server.crt'), join(own, 'server.key')]
    expect(await refusal(join(own, 'none'), key)).toMatch(/^ecr-local: --tls-cert .* \(there is no such file\): .*\n$/)
    expect(await refusal(cert, join(own, 'none'))).toMatch(/^ecr-local: --tls-key .* \(there is no such file\): .*\n$/)
    expect(await refusal(cert, join(own, 'ca.key'))).toMatch(
      /^ecr-local: .*the key belongs to another certificate.*\n$/,
    )
    writeFileSync(key, 'no key')
    expect(await refusal(cert, key)).toMatch(
      /^ecr-local: .* are not a certificate and its key .*: both must be PEM files\.\n$/,
    )
  })
})
