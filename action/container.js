import { execFile } from 'node:child_process'
import { get } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ActionError, saveState } from './runner.js'

/** The port of the image. */
const PORT = 4566

/** The configuration file in the image's working directory is found without a flag. */
const CONFIG = '/etc/ecr-local/ecr-local.json'

/**
 * Starts the image as a container that outlives this step, published on 127.0.0.1 only, and resolves with its addresses
 * once both planes are ready.
 */
export async function startContainer({ version, image, port, config, flags, timeoutMs }) {
  const variables = Object.keys(process.env).filter((name) => name.startsWith('ECR_LOCAL_'))
  const container = await docker(
    'run',
    '--detach',
    ...['--publish', `127.0.0.1:${port === 0 ? '' : port}:${PORT}`],
    ...(config ? ['--volume', `${resolve(config)}:${CONFIG}:ro`] : []),
    // By name only: docker takes the values from its own environment, so that no secret is in the list of processes.
    ...variables.flatMap((name) => ['--env', name]),
    image || defaultImage(version),
    ...['start', ...flags],
  )
  saveState({ container })
  const registry = `localhost:${await publishedPort(container)}`
  const endpoint = `http://${registry}`
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (await isReady(endpoint)) return { endpoint, registry, log: '' }
    if ((await docker('inspect', '--format', '{{.State.Running}}', container)) !== 'true')
      throw new ActionError(`The container ended: ${await lastLineOf(container)}`)
    await sleep(200)
  }
  throw new ActionError(
    `The container did not answer within ${timeoutMs / 1000} seconds: ${await lastLineOf(container)}`,
  )
}

/** How long an answer may take before it is asked for again, in milliseconds. */
const ANSWER_WITHIN_MS = 2_000

/**
 * Whether the planes answer. Not by `fetch`: if the connection is closed at once, as Docker does until the container
 * listens, the one of Node 20 may never settle, and the process ends with exit status 13.
 */
function isReady(endpoint) {
  return new Promise((settle) => {
    get(`${endpoint}/ready`, { agent: false, timeout: ANSWER_WITHIN_MS }, (answer) => {
      answer.resume()
      settle(answer.statusCode === 200)
    })
      .on('timeout', function () {
        this.destroy()
      })
      .on('error', () => settle(false))
  })
}

/** The image that the release workflow of the action's repository publishes. The runner says which repository that is. */
function defaultImage(version) {
  const repository = process.env.GITHUB_ACTION_REPOSITORY || process.env.GITHUB_REPOSITORY
  if (!repository)
    throw new ActionError('image is empty, and the runner does not say which repository this action is of')
  return `ghcr.io/${repository.toLowerCase()}:${version}`
}

async function publishedPort(container) {
  const published = await docker('port', container, `${PORT}/tcp`)
  return /:(\d+)$/m.exec(published)?.[1] ?? PORT
}

async function lastLineOf(container) {
  const { stdout, stderr } = await promisify(execFile)('docker', ['logs', '--tail', '1', container])
  return `${stdout}${stderr}`.trim() || 'it printed nothing'
}

async function docker(...args) {
  try {
    const { stdout } = await promisify(execFile)('docker', args)
    return stdout.trim()
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'docker is not installed' : (error.stderr || error.message).trim()
    throw new ActionError(`docker ${args[0]} failed: ${why.split('\n').at(-1)}`)
  }
}
