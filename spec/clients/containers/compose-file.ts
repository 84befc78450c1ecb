import { DescribePullThroughCacheRulesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsCli, awsCli } from '../../support/aws-cli.js'
import { type Compose, compose } from '../../support/compose.js'
import type { DockerDaemon } from '../../support/docker-daemon.js'
import { freePort } from '../../support/free-port.js'
import { githubJob } from '../../support/github-runner.js'
import { forget, make, push } from '../../support/docker-images.js'
import { pushIndex, twoPlatformImage } from '../../support/images.js'
import { siblingContainer } from '../../support/sibling-container.js'

const index = twoPlatformImage({ message: 'pulled through containers' })
const blobs = [...new Set(index.images.flatMap(({ config, layers }) => [config, ...layers]))]
const upstreamName = 'nginx/nginx'
const minutes = 60_000
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** The specs of docker-compose.yml, on a daemon that has the base images. */
export function composeFileSpecs(daemonOf: () => DockerDaemon): void {
  let daemon: DockerDaemon
  beforeAll(() => void (daemon = daemonOf()))

  it('docker-compose.yml explains how to generate the secret it requires', async () => {
    await using project = await compose(daemon, { ECR_LOCAL_SECRET: '' })
    const refusal = await project.run('config').catch((error: unknown) => String(error))
    expect(refusal).toContain('ECR_LOCAL_SECRET')
    expect(refusal).toContain('openssl rand -base64 32')
  })

  describe('The default setup: Redis, and images on a volume', () => {
    let project: Compose
    let aws: AwsCli
    let ecr: ECRClient
    const cached = () => `${project.registry}/ecr-public/${upstreamName}:latest`
    const pushed = () => `${project.registry}/team/app:one`
    let pushedDigest: string

    beforeAll(async () => {
      project = await compose(daemon)
      aws = awsCli(project)
      ecr = new ECRClient({ endpoint: project.endpoint, region: 'us-east-1', credentials })
      await project.run('up', '--detach', '--build')
      await project.healthy('control-plane', 'data-plane', 'redis')
      await pushIndex(index, { url: project.upstreamUrl, repository: upstreamName, tag: 'latest' })
    }, 10 * minutes)
    afterAll(async () => {
      ecr.destroy()
      await project[Symbol.asyncDispose]()
    }, 5 * minutes)

    it('The action of this repository starts the image, waits for it, and removes the container', async () => {
      const port = await freePort()
      await daemon.expose(port)
      await using job = await githubJob({ env: daemon.environment })
      const inputs = { use: 'image', image: 'ecr-local', port: String(port), flags: '--store memory' }
      expect(await job.main(inputs)).toMatchObject({ exitCode: 0, stderr: '' })
      const { endpoint, registry } = await job.outputs()
      expect({ endpoint, registry }).toEqual({ endpoint: `http://localhost:${port}`, registry: `localhost:${port}` })
      const { repository } = await awsCli({ endpoint: endpoint! }).json<{ repository: { repositoryUri: string } }>(
        ...['ecr', 'create-repository', '--repository-name', 'of-the-action'],
      )
      expect(repository.repositoryUri).toBe(`${registry}/of-the-action`)
      const { container } = await job.state()
      expect(await job.post()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"msg":"ready"') })
      expect((await daemon.tryDocker('inspect', container!)).exitCode).toBe(1)
    })

    it('Both planes run without root and capabilities on a read-only root file system', async () => {
      for (const plane of ['control-plane', 'data-plane']) {
        expect((await project.exec(plane, 'id', '-u')).stdout.trim()).toBe('1000')
        const status = (await project.exec(plane, 'cat', '/proc/1/status')).stdout
        expect(status).toMatch(/^CapEff:\s0{16}$/m)
        expect(status).toMatch(/^NoNewPrivs:\s1$/m)
        for (const path of ['/app/x', '/etc/ecr-local/x', '/home/node/x'])
          expect((await project.exec(plane, 'touch', path)).stderr).toContain('Read-only file system')
      }
    })

    it('The final container image contains no build tools', async () => {
      const listed = await project.exec('data-plane', 'ls', '/app', '/app/node_modules', '/app/node_modules/.bin')
      expect(listed.stdout).toContain('dist')
      expect(listed.stdout).not.toMatch(/^(src|typescript|tsc|vitest|eslint)$/m)
    })

    it('Docker pulls through the cache, which requests everything from the upstream once', async () => {
      await createRule(aws)
      await login(daemon, aws, project)
      expect(await daemon.docker('pull', cached())).toContain(`Digest: ${index.digest}`)
      const manifests = [...index.images.map(({ digest }) => digest), 'latest']
      const wanted = [
        ...manifests.map((reference) => `GET /v2/${upstreamName}/manifests/${reference}`),
        ...blobs.map((digest) => `GET /v2/${upstreamName}/blobs/${digest}`),
      ]
      const asked = async () => (await project.upstreamRequests()).filter((line) => wanted.includes(line)).sort()
      await expect.poll(asked, { timeout: 60_000 }).toEqual(wanted.sort())
    })

    it('Docker pushes an image to the composed registry', async () => {
      const { repository } = await aws.json('ecr', 'create-repository', '--repository-name', 'team/app')
      expect(`${repository.repositoryUri as string}:one`).toBe(pushed())
      pushedDigest = await push(daemon, pushed())
    })

    it('A container on the same network pulls by the name of the service', async () => {
      const password = (await aws.text('ecr', 'get-login-password')).trim()
      const sibling = siblingContainer(daemon, '--network', project.network)
      const printed = await sibling.pull('data-plane:4510/team/app:one', password)
      expect(printed).toContain('Writing manifest to image destination')
    })

    /** Checks everything that was acknowledged: the answers of the API and the images that Docker pulls. */
    const expectEverything = async () => {
      const { pullThroughCacheRules } = await ecr.send(new DescribePullThroughCacheRulesCommand({}))
      expect(pullThroughCacheRules).toMatchObject([{ ecrRepositoryPrefix: 'ecr-public' }])
      const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}))
      expect(repositories.map(({ repositoryName }) => repositoryName)).toEqual([
        `ecr-public/${upstreamName}`,
        'team/app',
      ])
      await forget(daemon, cached(), pushed())
      expect(await daemon.docker('pull', cached())).toContain(`Digest: ${index.digest}`)
      expect(await daemon.docker('pull', pushed())).toContain(`Digest: ${pushedDigest}`)
    }

    it.each(['data-plane', 'control-plane', 'redis'])(
      'Nothing is lost when %s is killed and replaced',
      async (service) => {
        await project.docker(['kill'], service)
        expect(await project.inspect(service, '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 137')
        for (const other of ['data-plane', 'control-plane', 'redis'].filter((name) => name !== service))
          expect(await project.inspect(other, '{{.State.Status}} {{.RestartCount}}')).toBe('running 0')

        // A new container takes its place, so everything outside a volume is lost.
        await project.docker(['rm'], service)
        await project.run('up', '--detach')
        await project.healthy('control-plane', 'data-plane', 'redis')
        await expectEverything()
      },
      5 * minutes,
    )

    it(
      'A plane whose process dies is restarted automatically',
      async () => {
        const pid = Number(await project.inspect('data-plane', '{{.State.Pid}}'))
        await daemon.killProcess(pid)
        await expect.poll(() => project.inspect('data-plane', '{{.RestartCount}}'), { timeout: 60_000 }).toBe('1')
        await project.healthy('data-plane')
        await expectEverything()
      },
      5 * minutes,
    )

    it(
      'A plane stays up but is not ready while Redis is unavailable',
      async () => {
        await project.docker(['pause'], 'redis')
        const readiness = async () => (await fetch(`${project.endpoint}/ready`)).status
        await expect.poll(readiness, { timeout: 60_000 }).toBe(503)
        expect((await fetch(`${project.endpoint}/health`)).status).toBe(200)
        await project.docker(['unpause'], 'redis')
        await expect.poll(readiness, { timeout: 60_000 }).toBe(200)
        await expectEverything()
      },
      5 * minutes,
    )

    it(
      'A plane that is stopped exits with status 0, since Node handles SIGTERM as process 1',
      async () => {
        const begun = performance.now()
        await project.docker(['stop', '--time', '20'], 'control-plane', 'data-plane')
        expect(performance.now() - begun).toBeLessThan(15_000)
        for (const plane of ['control-plane', 'data-plane'])
          expect(await project.inspect(plane, '{{.State.ExitCode}} {{.State.OOMKilled}}')).toBe('0 false')
      },
      5 * minutes,
    )
  })

  describe('The profile s3', () => {
    let project: Compose
    let aws: AwsCli
    let endpoint: string
    const cached = () => `${project.registry}/ecr-public/${upstreamName}:latest`

    beforeAll(async () => {
      const [address, port] = [await daemon.bridgeAddress(), await freePort()]
      endpoint = `http://${address}:${port}`
      project = await compose(daemon, {
        COMPOSE_PROFILES: 's3',
        ECR_LOCAL_BLOBS: 's3://ecr-local/images',
        ECR_LOCAL_BLOB_DELIVERY: 'redirect',
        ECR_LOCAL_S3_ADDRESS: address,
        ECR_LOCAL_S3_PORT: String(port),
        ECR_LOCAL_S3_ENDPOINT: endpoint,
      })
      aws = awsCli(project)
      await project.run('up', '--detach')
      await project.healthy('object-store', 'control-plane', 'data-plane', 'redis')
      await pushIndex(index, { url: project.upstreamUrl, repository: upstreamName, tag: 'latest' })
      await createRule(aws)
      await login(daemon, aws, project)
    }, 10 * minutes)
    afterAll(() => project[Symbol.asyncDispose](), 5 * minutes)

    it('Docker pulls through the cache and then receives layers from the object store', async () => {
      expect(await daemon.docker('pull', cached())).toContain(`Digest: ${index.digest}`)
      const token = Buffer.from(`AWS:${(await aws.text('ecr', 'get-login-password')).trim()}`).toString('base64')
      const url = `http://${project.registry}/v2/ecr-public/${upstreamName}/blobs/${blobs[0] ?? ''}`
      const headers = { authorization: `Basic ${token}` }
      const location = async () => (await fetch(url, { headers, redirect: 'manual' })).headers.get('location')
      await expect.poll(location, { timeout: 60_000 }).toContain(`${endpoint}/ecr-local/images/blobs/sha256/`)

      await forget(daemon, cached())
      expect(await daemon.docker('pull', cached())).toContain(`Digest: ${index.digest}`)
    })

    it(
      'A pushed image survives the killing of every plane',
      async () => {
        const { repository } = await aws.json('ecr', 'create-repository', '--repository-name', 'team/app')
        const image = `${repository.repositoryUri as string}:one`
        const digest = await push(daemon, image)
        await project.docker(['kill'], 'data-plane', 'control-plane')
        await project.run('up', '--detach')
        await project.healthy('control-plane', 'data-plane')
        await forget(daemon, image)
        expect(await daemon.docker('pull', image)).toContain(`Digest: ${digest}`)
      },
      5 * minutes,
    )

    it(
      'Docker can push again after the object store was unavailable',
      async () => {
        const image = `${project.registry}/team/app:two`
        await project.docker(['pause'], 'object-store')
        await make(daemon, 'pushed while nothing could be kept', image)
        const refused = daemon.tryDocker('push', image)
        await project.docker(['unpause'], 'object-store')
        await refused
        await expect.poll(async () => (await daemon.tryDocker('push', image)).exitCode, { timeout: 60_000 }).toBe(0)
        await forget(daemon, image)
        expect(await daemon.docker('pull', image)).toContain('Digest: sha256:')
      },
      5 * minutes,
    )
  })
}

const createRule = (aws: AwsCli) =>
  aws.json(
    ...['ecr', 'create-pull-through-cache-rule', '--ecr-repository-prefix', 'ecr-public'],
    ...['--upstream-registry-url', 'public.ecr.aws'],
  )

async function login(daemon: DockerDaemon, aws: AwsCli, { registry }: Compose): Promise<void> {
  const password = (await aws.text('ecr', 'get-login-password')).trim()
  expect(await daemon.login(registry, password)).toContain('Login Succeeded')
}
