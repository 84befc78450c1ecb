import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AwsCli, awsCli } from '../../support/aws-cli.js'
import { startedContainer } from '../../support/container.js'
import type { DockerDaemon } from '../../support/docker-daemon.js'
import { forget, push } from '../../support/docker-images.js'
import { freePort } from '../../support/free-port.js'
import { mustRun } from '../../support/run-command.js'
import { siblingContainer } from '../../support/sibling-container.js'
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js'
import { loginPassword } from '../setting.js'

/** `docker stop` waits this long before it kills, in milliseconds; a container that ends by itself takes much less. */
const LIMIT_OF_STOP_MS = 10_000

/** The specs of the image, on a daemon that has it. */
export function containerImageSpecs(daemonOf: () => DockerDaemon): void {
  let daemon: DockerDaemon
  let directory: TemporaryDirectory
  let port: number
  let aws: AwsCli
  let password: string
  let digest: string

  const compose = async (...command: string[]) => {
    const args = ['--project-name', 'single', '--file', join(directory.path, 'compose.yml'), ...command]
    return (await mustRun('docker-compose', args, { env: daemon.environment })).stdout
  }

  beforeAll(async () => {
    daemon = daemonOf()
    directory = await temporaryDirectory()
    port = await freePort()
    await writeFile(join(directory.path, 'compose.yml'), await composeRecipe(port))
    await daemon.expose(port)
    await compose('up', '--detach', 'ecr-local')
    await startedContainer(daemon, 'single_ecr-local_1').healthy()
    aws = awsCli({ endpoint: `http://localhost:${port}` })
    password = await loginPassword({ aws })
  })
  afterAll(async () => {
    await compose('down', '--volumes', '--timeout', '1')
    await directory[Symbol.asyncDispose]()
  })

  it('The image has one port, a numeric user, and the directories of scripts that LocalStack has', async () => {
    const format = '{{json .Config.ExposedPorts}} {{.Config.User}}'
    expect(await daemon.docker('image', 'inspect', '--format', format, 'ecr-local')).toBe('{"4566/tcp":{}} 1000:1000\n')
    const listed = await daemon.docker('exec', 'single_ecr-local_1', 'ls', '/etc/localstack/init')
    expect(listed).toBe('boot.d\nready.d\nshutdown.d\nstart.d\n')
  })

  it('The image serves the console', async () => {
    const answer = await fetch(`http://localhost:${port}/console/`, { headers: { 'accept-encoding': 'br' } })
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'br'])
    expect(await answer.text()).toContain('<div id="console"></div>')
  })

  it('The image contains no build tools and no sources', async () => {
    const folders = ['/app', '/app/node_modules', '/app/node_modules/.bin', '/tmp', '/root']
    const listed = await daemon.docker(
      'run',
      '--rm',
      '--user',
      '0',
      '--entrypoint',
      'ls',
      'ecr-local',
      '-A',
      ...folders,
    )
    expect(listed).toContain('dist')
    expect(listed).not.toMatch(/^(src|scripts|typescript|tsc|rolldown|vitest|eslint|npm|\.npm|_cacache)$/m)
  })

  it('Docker pushes to and pulls from the repositoryUri under a mapped port', async () => {
    const { repository } = await aws.json('ecr', 'create-repository', '--repository-name', 'team/app')
    const image = `${repository.repositoryUri as string}:one`
    expect(image).toBe(`localhost:${port}/team/app:one`)
    expect(await daemon.login(`localhost:${port}`, password)).toContain('Login Succeeded')
    digest = await push(daemon, image)
    await forget(daemon, image)
    expect(await daemon.docker('pull', image)).toContain(`Digest: ${digest}`)
  })

  it('A container of the same compose project pulls from the repositoryUri under the name of the service', async () => {
    const sibling = siblingContainer(daemon, '--network', 'single_default')
    const { repositories } = await sibling.call('http://ecr-local:4566', 'DescribeRepositories')
    expect(repositories).toMatchObject([{ repositoryUri: 'ecr-local:4566/team/app' }])
    const printed = await sibling.pull(`${repositories[0].repositoryUri as string}:one`, password)
    expect(printed).toContain('Writing manifest to image destination')
  })

  it('A container elsewhere calls the API at host.docker.internal, and a volume keeps the state', async () => {
    const sibling = siblingContainer(daemon, '--add-host', 'host.docker.internal:host-gateway')
    const endpoint = 'http://host.docker.internal:4566'
    const options = ['--read-only', '--cap-drop', 'ALL', '--publish', '4566:4566']
    const first = await startContainer(daemon, ...options, '--volume', 'state:/var/lib/ecr-local')
    await sibling.call(endpoint, 'CreateRepository', { repositoryName: 'team/kept' })
    const begun = performance.now()
    expect(await first.stop()).toBe(0)
    expect(performance.now() - begun).toBeLessThan(LIMIT_OF_STOP_MS)

    // The image in the place of LocalStack's: its directories of state and of scripts.
    const script = join(directory.path, 'ready.sh')
    await writeFile(script, '#!/bin/bash\necho "user $(id -u) calls $AWS_ENDPOINT_URL"\n', { mode: 0o755 })
    const mounts = ['state:/var/lib/localstack', `${script}:/etc/localstack/init/ready.d/ready.sh:ro`]
    const asTestcontainersForJava = ['--entrypoint', '/usr/local/bin/docker-entrypoint.sh']
    const volumes = mounts.flatMap((mount) => ['--volume', mount])
    const second = await startContainer(daemon, ...options, ...asTestcontainersForJava, ...volumes)
    await expect.poll(() => second.log()).toMatch(/user 1000 calls http:\/\/[a-z0-9.]+:4566[^]*^Ready\.$/m)
    const { repositories } = await sibling.call(endpoint, 'DescribeRepositories')
    expect(repositories).toMatchObject([{ repositoryUri: 'host.docker.internal:4566/team/kept' }])
    expect(await second.stop()).toBe(0)
  })
}

/** Starts the image with these options of `docker run` and waits until it is healthy. */
async function startContainer(daemon: DockerDaemon, ...options: string[]) {
  const command = ['run', '--detach', '--health-interval', '1s', ...options, 'ecr-local']
  const container = startedContainer(daemon, (await daemon.docker(...command)).trim())
  await container.healthy()
  return container
}

/** The compose file in docs/clients.md, with a port of this machine that is free. */
async function composeRecipe(port: number): Promise<string> {
  const page = await readFile(new URL('../../../docs/clients.md', import.meta.url), 'utf8')
  const text = /```yaml\n(services:\n {2}ecr-local:[^`]+)```/.exec(page)?.[1]
  if (text === undefined) throw new Error('docs/clients.md has no compose file')
  return text.replace('127.0.0.1:4566:4566', `127.0.0.1:${port}:4566`)
}
