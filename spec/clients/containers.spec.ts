import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe } from 'vitest'
import { makeBaseImages } from '../support/base-images.js'
import { composeNeeds, describeWith } from '../support/describe-with.js'
import { type DockerDaemon, dockerDaemon } from '../support/docker-daemon.js'
import { mustRun } from '../support/run-command.js'
import { composeFileSpecs } from './containers/compose-file.js'
import { containerImageSpecs } from './containers/container-image.js'
import { localstackContainerSpecs } from './containers/localstack-container.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const minutes = 60_000

/** One daemon and one image for everything that runs containers of ecr-local, because these take longest to make. */
describeWith(composeNeeds, 'ecr-local in containers', () => {
  let daemon: DockerDaemon

  beforeAll(async () => {
    daemon = await dockerDaemon({ runsContainers: true })
    await makeBaseImages(daemon)
    // Debian's Docker client has no BuildKit.
    const env = { ...daemon.environment, DOCKER_BUILDKIT: '0' }
    await mustRun('docker', ['build', '--tag', 'ecr-local', '.'], { env, cwd: root, timeoutMs: 10 * minutes })
  }, 15 * minutes)
  afterAll(() => daemon[Symbol.asyncDispose]())

  describe('The container image', () => containerImageSpecs(() => daemon))
  describe('Testcontainers with its container of LocalStack', () => localstackContainerSpecs(() => daemon))
  describe('docker-compose.yml with a real docker-compose', () => composeFileSpecs(() => daemon))
})
