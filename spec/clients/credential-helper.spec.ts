import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BackgroundProcess, startProcess } from '../support/background-process.js'
import { credentialHelperNeeds, describeWith } from '../support/describe-with.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { type MachineWithNames, machineWithNames } from '../support/machine-with-names.js'
import { withOwnFiles } from '../support/own-files.js'
import type { AddedImage } from '../support/upstream-content.js'

/* Real clients with the real ECR credential helper, on a machine where the names of AWS lead to ecr-local. No client is
 * given an address, an endpoint or a password. */

const NAME = '000000000000.dkr.ecr.us-east-1.amazonaws.com'
const CACHED = `${NAME}/ecr-public/team/app:v1`

describeWith(credentialHelperNeeds, 'The ECR credential helper and the names of AWS', () => {
  let upstream: FaultyUpstream
  let image: AddedImage
  let machine: MachineWithNames
  let ecr: ECRClient
  let emulator: BackgroundProcess
  const at = (name: string) => join(machine.directory, name)

  beforeAll(async () => {
    upstream = await faultyUpstream()
    image = upstream.addImage('team/app', { tag: 'v1' })
    machine = await machineWithNames()
    await machine.reach(Number(new URL(upstream.url).port))
    expect((await machine.ecrLocal('certs', '--real-names')).exitCode).toBe(0)
    await writeFile(
      at('ecr-local.json'),
      JSON.stringify({ upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }),
    )
    emulator = await machine.startRealNames('--store', 'memory')
    ecr = await machine.ecr()
    await mkdir(at('.docker'))
    await writeFile(at('.docker/config.json'), JSON.stringify({ credHelpers: { [NAME]: 'ecr-login' } }))
    await mkdir(at('trusted'))
    await writeFile(at('trusted/ca.crt'), await readFile(at('certs/ca.crt')))
    await aws(
      'create-pull-through-cache-rule',
      '--ecr-repository-prefix',
      'ecr-public',
      '--upstream-registry-url',
      'public.ecr.aws',
    )
  })
  afterAll(async () => {
    await machine[Symbol.asyncDispose]()
    await emulator.stop()
    await upstream.close()
  })

  const aws = async (...args: string[]) =>
    JSON.parse(await machine.run('aws', ['--output', 'json', 'ecr', ...args])) as Record<string, object>
  const imagesIn = async (repositoryName: string) =>
    (await ecr.send(new DescribeImagesCommand({ repositoryName }))).imageDetails
  const helper = async (command: string, input = '') =>
    JSON.parse(await machine.run('docker-credential-ecr-login', [command], { input })) as Record<string, string>

  it('The helper gets a password for the name of a registry from the API of its Region', async () => {
    const { Username, Secret = '' } = await helper('get', NAME)
    expect(Username).toBe('AWS')
    expect(Secret.length).toBeGreaterThan(100)
    expect(Secret.length).toBeLessThanOrEqual(2400)
    expect(await helper('list')).toEqual({ [`https://${NAME}`]: 'AWS' })
  })

  it('skopeo pulls through the cache and pushes, with no login but the helper', async () => {
    const trusting = ['--cert-dir', at('trusted')]
    const authfile = ['--authfile', at('.docker/config.json')]
    const raw = await machine.run('skopeo', ['inspect', '--raw', ...authfile, ...trusting, `docker://${CACHED}`])
    expect(raw).toBe(image.bytes.toString())
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/copy' }))
    const certs = ['--src-cert-dir', at('trusted'), '--dest-cert-dir', at('trusted')]
    const copy = ['copy', '--insecure-policy', '--quiet', '--all', '--preserve-digests', ...authfile, ...certs]
    await machine.run('skopeo', [...copy, `docker://${CACHED}`, `docker://${NAME}/team/copy:v2`])
    expect(await imagesIn('team/copy')).toMatchObject([{ imageDigest: image.digest, imageTags: ['v2'] }])
    const layer = { repositoryName: 'team/copy', layerDigest: image.layers[0] }
    const { downloadUrl = '' } = await ecr.send(new GetDownloadUrlForLayerCommand(layer))
    expect(downloadUrl).toMatch(`https://${NAME}/`)
    expect((await machine.get(downloadUrl)).statusCode).toBe(200)
  })

  it('Docker builds an unchanged Dockerfile and pushes the image, with no login but the helper', async () => {
    const ready = /API listen on/
    const socket = `unix://${at('docker.sock')}`
    const [command, ...within] = [...machine.enter, ...withOwnFiles(at(''))] as const
    const trust =
      'mkdir -p "/etc/docker/certs.d/$0" && cp "$1" "/etc/docker/certs.d/$0/ca.crt" && shift && exec dockerd "$@"'
    const flags = [
      'storage-driver=vfs',
      'bridge=none',
      'iptables=false',
      'ip6tables=false',
      'config-file=',
      `host=${socket}`,
    ]
    const places = [`data-root=${at('data')}`, `exec-root=${at('exec')}`, `pidfile=${at('docker.pid')}`]
    const args = [...flags, ...places].map((flag) => `--${flag}`)
    const daemon = [...within, 'sh', '-c', trust, NAME, at('certs/ca.crt'), ...args]
    await startProcess(command, daemon, { ready, env: machine.environment })
    const docker = (...words: string[]) => machine.run('docker', words, { env: { DOCKER_HOST: socket } })
    await mkdir(at('context'))
    const build = async (name: string, dockerfile: string) => {
      await ecr.send(new CreateRepositoryCommand({ repositoryName: name }))
      await writeFile(at('context/Dockerfile'), dockerfile)
      await docker('build', '--quiet', '--tag', `${NAME}/${name}:v1`, at('context'))
      await docker('push', '--quiet', `${NAME}/${name}:v1`)
    }
    await build('team/base', 'FROM scratch\nCOPY Dockerfile /\n')
    await docker('image', 'rm', `${NAME}/team/base:v1`)
    await build('team/built', `FROM ${NAME}/team/base:v1\nLABEL built=here\n`)
    expect(await imagesIn('team/built')).toMatchObject([{ imageTags: ['v1'] }])
  })

  it('What kubelet’s provider asks the API for the image of a Pod is answered with its name and half a day', async () => {
    const { authorizationData } = await aws('get-authorization-token', '--registry-ids', NAME.slice(0, 12))
    const [{ authorizationToken, proxyEndpoint, expiresAt }] = authorizationData as [Record<string, string>]
    expect(proxyEndpoint).toBe(`https://${NAME}`)
    expect(Buffer.from(authorizationToken ?? '', 'base64').toString()).toMatch(/^AWS:[^:]+$/)
    const expiry = Number.isFinite(Number(expiresAt)) ? Number(expiresAt) * 1000 : Date.parse(expiresAt ?? '')
    expect((expiry - Date.now()) / 3_600_000).toBeCloseTo(12, 1)
  })
})
