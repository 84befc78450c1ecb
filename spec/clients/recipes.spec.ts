import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { certs } from '../../src/cli/certs-command.js'
import { defaultConfig } from '../../src/config/config.js'
import { awsCli } from '../support/aws-cli.js'
import { startContainerd } from '../support/containerd.js'
import { containerdNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js'
import type { AddedImage } from '../support/upstream-content.js'
import { createRule, loginPassword } from './setting.js'

const IMAGE = 'public.ecr.aws/nginx/nginx:latest'

/**
 * The configuration file of a recipe in docs/clients.md, with the address and the certificate authority of this
 * emulator.
 */
async function recipe(firstLine: string, { registry }: EmulatorProcess, authority: string): Promise<string> {
  const page = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8')
  const [, text] =
    page
      .split('```toml\n')
      .find((block) => block.startsWith(firstLine))
      ?.match(/^([^`]+)```/) ?? []
  if (text === undefined) throw new Error(`docs/clients.md has no recipe that begins with ${firstLine}`)
  return text.replaceAll('registry.internal:4510', registry).replaceAll('/etc/ecr-local/ca.crt', authority)
}

describeWith({ ...skopeoNeeds, ...containerdNeeds }, 'The recipes in docs/clients.md', () => {
  let directory: TemporaryDirectory
  let upstream: FaultyUpstream
  let image: AddedImage
  let emulator: EmulatorProcess
  let password: string
  let authority: string

  beforeAll(async () => {
    directory = await temporaryDirectory()
    const dir = join(directory.path, 'certs')
    authority = join(dir, 'ca.crt')
    await certs(defaultConfig, { dir })
    upstream = await faultyUpstream()
    image = upstream.addImage('nginx/nginx', { tag: 'latest' })
    const upstreams = { 'public.ecr.aws': { endpoint: upstream.url } }
    const tls = { tlsCert: join(dir, 'server.crt'), tlsKey: join(dir, 'server.key') }
    emulator = await emulatorProcess({ config: { ...tls, upstreams } })
    const aws = awsCli({ endpoint: emulator.endpoint, env: { AWS_CA_BUNDLE: authority } })
    await createRule({ aws }, 'ecr-public', 'public.ecr.aws')
    password = await loginPassword({ aws })
  })
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
    await upstream.close()
    await directory[Symbol.asyncDispose]()
  })

  it('containerd pulls public.ecr.aws through the cache with the documented hosts.toml', async () => {
    const at = (name: string) => join(directory.path, name)
    const text = await recipe('# /etc/containerd/certs.d/public.ecr.aws/hosts.toml', emulator, authority)
    const basic = Buffer.from(`AWS:${password}`).toString('base64')
    await mkdir(at('hosts/public.ecr.aws'), { recursive: true })
    await writeFile(at('hosts/public.ecr.aws/hosts.toml'), text.replace(/Basic [^"]+/, `Basic ${basic}`))
    await using containerd = await startContainerd(directory.path)
    await containerd.ctr('content', 'fetch', '--hosts-dir', at('hosts'), IMAGE)
    expect(await containerd.ctr('images', 'ls')).toMatch(new RegExp(`^${IMAGE} .*${image.digest}`, 'm'))
    expect(await containerd.process.stop()).toBe(0)
  })

  it('skopeo pulls public.ecr.aws through the cache with the documented registries.conf', async () => {
    const file = join(directory.path, 'registries.conf')
    const text = await recipe(
      '# /etc/containers/registries.conf.d/ecr-local.conf\n[[registry]]\nprefix',
      emulator,
      authority,
    )
    await writeFile(file, text)
    const certificates = join(directory.path, 'trusted')
    await mkdir(certificates)
    await writeFile(join(certificates, 'ca.crt'), await readFile(authority))
    const login = join(directory.path, 'auth.json')
    const auth = Buffer.from(`AWS:${password}`).toString('base64')
    await writeFile(login, JSON.stringify({ auths: { [emulator.registry]: { auth } } }))
    const inspect = ['inspect', '--raw', '--authfile', login, '--cert-dir', certificates, `docker://${IMAGE}`]
    const { stdout } = await mustRun('skopeo', ['--registries-conf', file, ...inspect], { env: neutralEnvironment() })
    expect(stdout).toBe(image.bytes.toString())
  })
})
