import { CreateRepositoryCommand, ECRClient, ListImagesCommand } from '@aws-sdk/client-ecr'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certs } from '../../src/cli/certs-command.js'
import { defaultConfig } from '../../src/config/config.js'
import { type AwsCli, awsCli } from '../support/aws-cli.js'
import { type BackgroundProcess, startProcess } from '../support/background-process.js'
import { containerClients, writeImageDirectory } from '../support/container-clients.js'
import { type Containerd, startContainerd } from '../support/containerd.js'
import { describeWith, onePortNeeds } from '../support/describe-with.js'
import { type DockerDaemon, dockerDaemon } from '../support/docker-daemon.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { freePort } from '../support/free-port.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js'
import { digestOf } from '../support/upstream-content.js'
import { loginPassword } from './setting.js'

/** Names that only the commands of this spec resolve, to 127.0.0.1. */
const [OF_DOCKER, OF_TEAM] = ['host.docker.internal', 'registry.internal']

describeWith(onePortNeeds, 'One port for the API and the registry', () => {
  let directory: TemporaryDirectory
  let emulator: EmulatorProcess
  let docker: DockerDaemon
  let containerd: Containerd
  let ecr: ECRClient
  let password: string
  const at = (name: string) => join(directory.path, name)
  const portOf = ({ endpoint }: EmulatorProcess) => Number(new URL(endpoint).port)

  beforeAll(async () => {
    directory = await temporaryDirectory()
    ;[emulator, docker, containerd] = await Promise.all([
      emulatorProcess(),
      dockerDaemon(),
      startContainerd(directory.path),
    ])
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    ecr = new ECRClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials })
    password = await loginPassword({ aws: awsCli(emulator) })
  })
  afterAll(async () => {
    ecr.destroy()
    for (const part of [containerd, docker, emulator, directory]) await part[Symbol.asyncDispose]()
  })

  it('The program announces one address for both', () => {
    expect(emulator.endpoint).toBe(`http://${emulator.registry}`)
  })

  it.each(['Docker', 'podman', 'buildah', 'skopeo', 'containerd'] as const)(
    '%s logs in with the password of the AWS CLI, pushes and pulls',
    async (name) => {
      const client = containerClients(directory.path, docker, containerd)[name]
      const repositoryName = `team/${name.toLowerCase()}`
      const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName }))
      const image = `${repository?.repositoryUri ?? ''}:one`
      expect(image).toBe(`${emulator.registry}/${repositoryName}:one`)

      await client.login(emulator.registry, password)
      const digest = await client.push(image)
      expect(await pushed(ecr, repositoryName)).toEqual([digest])
      expect(await client.pull(image)).toBe(digest)
    },
  )

  describe('The addresses in answers of the API', () => {
    let forwarder: TcpProxy
    let secure: EmulatorProcess
    let nginx: BackgroundProcess
    let nginxPort: number

    beforeAll(async () => {
      forwarder = await tcpProxy({ port: () => portOf(emulator) })
      await certs(defaultConfig, { dir: at('certs'), names: [OF_TEAM] })
      await mkdir(at('trusted'))
      await copyFile(at('certs/ca.crt'), at('trusted/ca.crt'))
      secure = await emulatorProcess({ config: { tlsCert: at('certs/server.crt'), tlsKey: at('certs/server.key') } })
      nginxPort = await freePort()
      nginx = await startNginx(directory.path, { [OF_TEAM]: nginxPort, 'localhost:4566': portOf(emulator) })
      await writeFile(at('hosts'), `127.0.0.1 localhost ${OF_DOCKER} ${OF_TEAM}\n`)
      await writeFile(at('with-names'), `#!/bin/sh\nexec unshare --mount sh -c '${MOUNTED}' ${at('hosts')} "$@"\n`)
      await writeFile(at('aws'), `#!/bin/sh\nexec ${at('with-names')} aws "$@"\n`)
      for (const program of ['with-names', 'aws']) await chmod(at(program), 0o755)
      await writeImageDirectory(at('made'))
      await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/named' }))
      const aws = awsCli({ endpoint: secure.endpoint, env: { AWS_CA_BUNDLE: at('certs/ca.crt') } })
      await aws.json('ecr', 'create-repository', '--repository-name', 'team/named')
    })
    afterAll(async () => {
      await nginx.stop()
      for (const part of [secure, forwarder]) await part[Symbol.asyncDispose]()
    })

    const names: [string, () => string][] = [
      ['localhost', () => `http://localhost:${portOf(emulator)}`],
      ['127.0.0.1', () => `http://127.0.0.1:${portOf(emulator)}`],
      ['another port that is forwarded', () => `http://localhost:${forwarder.port}`],
      [OF_DOCKER, () => `http://${OF_DOCKER}:${portOf(emulator)}`],
      ['a name with a certificate', () => `https://${OF_TEAM}:${portOf(secure)}`],
      ['a name with TLS that nginx ends', () => `https://${OF_TEAM}:${nginxPort}`],
    ]

    it.each(names)(
      'Repositories, logins and layers have addresses that work for a caller of %s',
      async (_title, endpointOf) => {
        const endpoint = endpointOf()
        const { host, hostname } = new URL(endpoint)
        const aws = awsCli({ endpoint, command: at('aws'), env: { AWS_CA_BUNDLE: at('trusted/ca.crt') } })
        const { authorizationData } = await aws.json('ecr', 'get-authorization-token')
        expect(authorizationData[0].proxyEndpoint).toBe(endpoint)
        const login = Buffer.from(authorizationData[0].authorizationToken as string, 'base64').toString()
        const { repositories } = await aws.json('ecr', 'describe-repositories', '--repository-names', 'team/named')
        const uri = repositories[0].repositoryUri as string
        expect(uri).toBe(`${host}/team/named`)

        const tag = hostname.replaceAll('.', '-')
        const digest = await copied(login, `dir:${at('made')}`, `docker://${uri}:${tag}`)
        expect(await copied(login, `docker://${uri}:${tag}`, `dir:${at('pulled')}`)).toBe(digest)
        if (['localhost', '127.0.0.1'].includes(hostname)) {
          expect(await docker.login(endpoint, login.slice('AWS:'.length))).toContain('Login Succeeded')
          expect(await docker.docker('pull', `${uri}:${tag}`)).toContain(`Digest: ${digest}`)
        }
        if (hostname === OF_TEAM) await expectLayerUrl(aws, endpoint)
      },
    )

    /** Copies with skopeo, whose copy has the returned digest. */
    async function copied(login: string, from: string, to: string): Promise<string> {
      const side = to.startsWith('docker:') ? 'dest' : 'src'
      const tls = (side === 'dest' ? to : from).includes(OF_TEAM)
        ? [`--${side}-cert-dir`, at('trusted')]
        : [`--${side}-tls-verify=false`]
      const options = ['--insecure-policy', '--digestfile', at('digest'), `--${side}-creds`, login, ...tls]
      await mustRun(at('with-names'), ['skopeo', 'copy', ...options, from, to], { env: neutralEnvironment() })
      return (await readFile(at('digest'), 'utf8')).trim()
    }

    /** Fetches a layer from the URL that GetDownloadUrlForLayer gives to a client of this endpoint. */
    async function expectLayerUrl(aws: AwsCli, endpoint: string): Promise<void> {
      const manifest = JSON.parse(await readFile(at('made/manifest.json'), 'utf8')) as { layers: { digest: string }[] }
      const layer = manifest.layers[0]?.digest ?? ''
      const { downloadUrl } = await aws.json<{ downloadUrl: string }>(
        ...['ecr', 'get-download-url-for-layer', '--repository-name', 'team/named', '--layer-digest', layer],
      )
      expect(downloadUrl.startsWith(`${endpoint}/`)).toBe(true)
      const curl = ['curl', '-sS', '--fail', '--cacert', at('trusted/ca.crt'), '--output', at('layer'), downloadUrl]
      await mustRun(at('with-names'), curl, { env: neutralEnvironment() })
      expect(digestOf(await readFile(at('layer')))).toBe(layer)
    }
  })
})

/** The digests that the API lists in a repository. */
async function pushed(ecr: ECRClient, repositoryName: string): Promise<(string | undefined)[]> {
  const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName }))
  return imageIds.map(({ imageDigest }) => imageDigest)
}

/** Gives a command its own names of hosts: the file that is the first argument. */
const MOUNTED = 'mount --bind "$0" /etc/hosts && exec "$@"'

/** nginx with the server block of docs/operations.md, for this name and port and in front of this port. */
async function startNginx(directory: string, ports: Record<string, number>): Promise<BackgroundProcess> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const block = /```nginx\n(server \{[^`]+)```/.exec(page)?.[1]
  if (block === undefined) throw new Error('docs/operations.md has no server block of nginx')
  const { [OF_TEAM]: port, 'localhost:4566': backend } = ports
  const server = block
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('127.0.0.1:4566', `127.0.0.1:${backend}`)
    .replace(/\/etc\/ecr-local\/certs/g, join(directory, 'certs'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path tmp-${of};`)
  const global = 'user root; pid nginx.pid; error_log stderr notice; daemon off;'
  const text = `${global} events {} http { access_log off; ${temporary.join(' ')}\n${server}}\n`
  await writeFile(join(directory, 'nginx.conf'), text)
  const args = ['-p', directory, '-e', 'stderr', '-c', join(directory, 'nginx.conf')]
  return startProcess('nginx', args, {
    ready: /start worker process /,
    env: { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  })
}
