import { type AwsCli, awsCli } from '../support/aws-cli.js'
import { type DockerRegistry, dockerRegistry } from '../support/docker-registry.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'

/** An emulator in a separate process between the AWS CLI and two real registries. */
export interface Setting extends AsyncDisposable {
  emulator: EmulatorProcess
  aws: AwsCli
  /** The registries behind the hosts that rules name. */
  upstreams: { 'public.ecr.aws': DockerRegistry; 'quay.io': DockerRegistry }
}

export type UpstreamHost = keyof Setting['upstreams']

/** Starts all of it; `config` is added to the emulator's configuration file. */
export async function startSetting(config: object = {}): Promise<Setting> {
  const [ecrPublic, quay] = await Promise.all([dockerRegistry(), dockerRegistry()])
  const emulator = await emulatorProcess({
    config: {
      upstreams: { 'public.ecr.aws': { endpoint: ecrPublic.url }, 'quay.io': { endpoint: quay.url } },
      ...config,
    },
  })
  return {
    emulator,
    aws: awsCli({ endpoint: emulator.endpoint }),
    upstreams: { 'public.ecr.aws': ecrPublic, 'quay.io': quay },
    async [Symbol.asyncDispose]() {
      for (const part of [emulator, ecrPublic, quay]) await part[Symbol.asyncDispose]()
    },
  }
}

/** Runs `create-pull-through-cache-rule` as shown in the user guide. */
export const createRule = ({ aws }: Pick<Setting, 'aws'>, prefix: string, host: string) =>
  aws.json(
    ...['ecr', 'create-pull-through-cache-rule'],
    ...['--ecr-repository-prefix', prefix],
    ...['--upstream-registry-url', host],
  )

/** The password for `docker login`. */
export const loginPassword = async ({ aws }: Pick<Setting, 'aws'>) =>
  (await aws.text('ecr', 'get-login-password')).trim()

/**
 * The same password from the SDK, for specs that are about something else and log in often: a start of the AWS CLI
 * takes half a second of a processor.
 */
export const registryPassword = async ({ emulator }: Pick<Setting, 'emulator'>): Promise<string> =>
  Buffer.from(await authorizationToken(ecrClient(emulator)), 'base64')
    .toString()
    .replace('AWS:', '')
