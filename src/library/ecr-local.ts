import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { compose, type Running } from '../compose/compose.js'
import type { Settings } from '../config/config.js'
import { configOf } from '../config/read-config.js'
import { UsageError } from '../config/usage-error.js'
import type { RecordedEvent } from '../registry/events.js'
import type { DecisionSource, ExplainedRequest, RefusedRequest } from '../registry/ports/decision-source.js'
import type { Log } from '../registry/ports/log.js'
import { DEFAULT_REGION } from '../registry/registry.js'
import { type AccessKey, clientEnvironment, type ClientEnvironment, firstAccessKey } from './client-settings.js'
import { type Duration, millisecondsOf } from './duration.js'
import { libraryLog } from './library-log.js'
import {
  credentialArnOf,
  type RunningUpstream,
  startTestUpstream,
  type TestUpstream,
  withTestUpstream,
} from './upstream/test-upstream.js'

export { UsageError } from '../config/usage-error.js'
export type { RecordedEvent } from '../registry/events.js'
export type { ExplainedRequest, RefusedRequest } from '../registry/ports/decision-source.js'
export type { Log } from '../registry/ports/log.js'
export type { AccessKey, ClientEnvironment } from './client-settings.js'
export type { Duration } from './duration.js'
export type { ActiveFault, FaultScope } from './upstream/active-faults.js'
export type { ImageOptions, Layer } from './upstream/image-options.js'
export type { RequestFilter, UpstreamRequest } from './upstream/request-log.js'
export type { Outage, RateLimit, Slowness, TestUpstream, Truncation } from './upstream/test-upstream.js'
export type { PlatformImage, ReferrerOptions, UpstreamArtifact, UpstreamImage } from './upstream/upstream-image.js'
export type { ImageDigest } from './upstream/upstream-images.js'
export type { RequestKind } from './upstream/upstream-server.js'

/** The settings of an emulator in process: those of the configuration file, and two for its clients. */
export interface StartOptions extends Settings {
  /** The Region of `client()` and `env`; `us-east-1` unless given. */
  readonly region?: string
  /** Receives the lines of the log, of every level, in place of standard output. */
  readonly logger?: Log
}

/** An emulator in this process. */
export interface EcrLocal extends AsyncDisposable {
  /** The address of the API: `http://localhost:49152`. */
  readonly endpoint: string
  /** Host and port with which image names begin: `localhost:49152`. */
  readonly registry: string
  readonly region: string
  /** The access key of `client()` and `env`. */
  readonly credentials: AccessKey
  /** The environment variables by which the AWS CLI and the SDKs find this emulator. */
  readonly env: ClientEnvironment
  /** The registry behind all upstream hosts of pull through cache rules. */
  readonly upstream: TestUpstream
  /** A client of the API that is ready for use. It is destroyed by `stop`. */
  client(options?: ClientOptions): ECRClient
  /** The user name and the password for `docker login`, which are valid for 12 hours of the emulator's time. */
  login(options?: ClientOptions): Promise<RegistryLogin>
  /** Advances the clock. When it resolves with the new time, the background tasks have done what became due. */
  advance(duration: Duration): Promise<Date>
  /** Resolves when the imports that pulls have begun are complete, and the background tasks have nothing to do. */
  settled(): Promise<void>
  /** Removes all state and all images, as if just started. The upstream stays as it is; it has a `reset`, too. */
  reset(): Promise<void>
  /** What happened, oldest first: changes of images, what the pull through cache did, who pulled what. */
  events(): Promise<RecordedEvent[]>
  /** The latest refused requests, newest first. */
  explain(): Promise<RefusedRequest[]>
  /** Why a request was refused or answered, by its id or by the error that an SDK threw for it. */
  explain(request: string | FailedCall): Promise<ExplainedRequest | undefined>
  /** Ends everything. Calling it again does nothing. */
  stop(): Promise<void>
}

/** Whose client it is. */
export interface ClientOptions {
  /** That of `credentials` unless given. If the configuration describes access keys, one that has any. */
  readonly account?: string
  /** An access key in place of the account's first. */
  readonly credentials?: AccessKey
  readonly region?: string
}

/** What an error of an AWS SDK says about its request. */
export interface FailedCall {
  readonly $metadata: { readonly requestId?: string | undefined }
}

/** What `docker login` takes. */
export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

/** The defaults that differ from those of a server: nothing outlives the emulator, and nothing is fixed. */
const IN_PROCESS: Settings = { store: 'memory', port: 0, log: 'silent' }

/**
 * Starts an emulator in this process: both planes on one free port of loopback, an upstream, and its state in memory.
 * There can be several. It installs no signal handlers, writes nothing unless `log` is set, and reads neither the
 * environment nor a configuration file. Throws UsageError if an option is wrong.
 */
export async function startEcrLocal(options: StartOptions = {}): Promise<EcrLocal> {
  const { region = DEFAULT_REGION, logger, ...given } = withoutUndefined(options)
  const { credentials, account } = firstAccessKey(configOf(given, SOURCE).accounts)
  const upstream = await startTestUpstream({ credentialArn: credentialArnOf(account, region) })
  try {
    const config = configOf(withTestUpstream({ ...IN_PROCESS, ...given }, account, upstream), SOURCE)
    const running = await compose(config, ['control-plane', 'data-plane'], await libraryLog(config.log, logger))
    return ecrLocal(running, { region, credentials, upstream, accounts: config.accounts })
  } catch (error) {
    await upstream.close()
    throw error
  }
}

/** What messages about options begin with. */
const SOURCE = 'startEcrLocal'

/** An option that is undefined is one that was not given. */
const withoutUndefined = (options: StartOptions): StartOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

interface Parts {
  readonly region: string
  readonly credentials: AccessKey
  readonly upstream: RunningUpstream
  readonly accounts: Settings['accounts']
}

function ecrLocal(running: Running, { region, credentials, upstream, accounts }: Parts): EcrLocal {
  const { endpoint = '', registry, inProcess } = running
  const clients: ECRClient[] = []
  const client = (options: ClientOptions = {}) => {
    const ofAccount = () =>
      options.account === undefined ? credentials : firstAccessKey(accounts, options.account).credentials
    const created = new ECRClient({
      endpoint,
      region: options.region ?? region,
      credentials: options.credentials ?? ofAccount(),
    })
    clients.push(created)
    return created
  }
  let stopped: Promise<void> | undefined
  const stop = () =>
    (stopped ??= (async () => {
      clients.forEach((created) => created.destroy())
      await running.close().finally(() => upstream.close())
    })())
  return {
    endpoint,
    registry,
    region,
    credentials,
    env: clientEnvironment(endpoint, region, credentials),
    upstream,
    client,
    login: async (options) => loginIn(client(options)),
    advance: async (duration) => inProcess.advance(millisecondsOf(duration) / 1000),
    settled: () => inProcess.settled(),
    reset: () => inProcess.reset(),
    events: () => inProcess.events(),
    explain: explainer(inProcess.decisions),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function loginIn(client: ECRClient): Promise<RegistryLogin> {
  const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({}))
  const [username = '', password = ''] = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':')
  return { username, password }
}

/** How many refused requests are listed. */
const LATEST = 100

function explainer(decisions: DecisionSource): EcrLocal['explain'] {
  function explain(): Promise<RefusedRequest[]>
  function explain(request: string | FailedCall): Promise<ExplainedRequest | undefined>
  async function explain(request?: string | FailedCall) {
    if (request === undefined) return decisions.latestRefused(LATEST)
    return decisions.find(typeof request === 'string' ? request : requestIdOf(request))
  }
  return explain
}

function requestIdOf(call: Partial<FailedCall>): string {
  if (call.$metadata) return call.$metadata.requestId ?? ''
  throw new UsageError('explain: give it an error that the AWS SDK threw, or a request id')
}
