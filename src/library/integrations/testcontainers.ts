import { ECRClient } from '@aws-sdk/client-ecr'
import { AbstractStartedContainer, GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import type { Settings } from '../../config/config.js'
import { DEFAULT_REGION } from '../../registry/registry.js'
import { type AccessKey, clientEnvironment, type ClientEnvironment, firstAccessKey } from '../client-settings.js'

/** The port that the image listens on. */
const PORT = 4566

/** Where the image looks for a configuration file. */
const CONFIGURATION = '/etc/ecr-local/ecr-local.json'

/**
 * ecr-local as a container of Testcontainers. A class, because Testcontainers expects one: all that can be set for a
 * container, such as a network or an environment, can be set here, too.
 */
export class EcrLocalContainer extends GenericContainer {
  private settings: Settings = {}

  /** Takes the name of the image, `ecr-local` unless given: one that you have built, or that your registry has. */
  constructor(image = 'ecr-local') {
    super(image)
    this.withExposedPorts(PORT).withWaitStrategy(Wait.forHttp('/ready', PORT).forStatusCode(200))
  }

  /** Gives the container a configuration file. Of its accounts the first access key is that of `client()` and `env`. */
  withConfiguration(settings: Settings): this {
    this.settings = settings
    return this.withCopyContentToContainer([{ content: JSON.stringify(settings), target: CONFIGURATION }])
  }

  /** Starts the container, and resolves when it serves requests. */
  override async start(): Promise<StartedEcrLocalContainer> {
    const { credentials } = firstAccessKey(this.settings.accounts)
    return new StartedEcrLocalContainer(await super.start(), credentials)
  }
}

/** A container that serves requests; its addresses are those that this machine reaches it at. */
export class StartedEcrLocalContainer extends AbstractStartedContainer {
  /** The address of the API: `http://localhost:49152`. */
  readonly endpoint: string
  /** Host and port with which image names begin: `localhost:49152`. */
  readonly registry: string
  readonly region = DEFAULT_REGION
  /** The environment variables by which the AWS CLI and the SDKs find this container. */
  readonly env: ClientEnvironment

  constructor(
    container: StartedTestContainer,
    /** The access key of `client()` and `env`. */
    readonly credentials: AccessKey,
  ) {
    super(container)
    this.registry = `${this.getHost()}:${this.getMappedPort(PORT)}`
    this.endpoint = `http://${this.registry}`
    this.env = clientEnvironment(this.endpoint, DEFAULT_REGION, credentials)
  }

  /** A client of the API that is ready for use. */
  client(): ECRClient {
    const { endpoint, region, credentials } = this
    return new ECRClient({ endpoint, region, credentials })
  }
}
