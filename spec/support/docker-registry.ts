import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess } from './background-process.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** One line of the registry's access log. */
export interface LoggedRequest {
  method: string
  path: string
  status: number
  userAgent: string
}

/** The reference registry implementation as an upstream. Its access log shows which requests it received. */
export interface DockerRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** All requests so far except those of the spec itself. */
  requests(): Promise<LoggedRequest[]>
  /** The matching requests in the form `GET /v2/app/manifests/latest 200`, which makes failures readable. */
  asked(which?: RegExp): Promise<string[]>
  /** The same, including requests before the last `forget`. */
  everAsked(): Promise<string[]>
  /** Excludes the requests so far from `requests` and `asked`. */
  forget(): Promise<void>
  stop(): Promise<void>
}

/** The user agent that marks the spec's own requests, which are not counted. */
export const OWN_USER_AGENT = 'ecr-local-spec'

/** What a registry with a login accepts. */
export const registryLogin = { username: 'robot', password: 'upstream password' }

/** The same in the format of `htpasswd`, hashed with bcrypt. */
const HTPASSWD = 'robot:$2b$04$Ew4k9j4WnfGPFALTIFrkxej4QK5OKuJBy7l5iLk6UlSTm/UWz7Yce'

/**
 * Starts the real `docker-registry` on a free port of 127.0.0.1 with its own storage. `requiresLogin` makes it refuse
 * every request without `registryLogin`.
 */
export async function dockerRegistry({ requiresLogin = false } = {}): Promise<DockerRegistry> {
  const directory = await temporaryDirectory()
  const config = join(directory.path, 'config.yml')
  const htpasswd = join(directory.path, 'htpasswd')
  await writeFile(htpasswd, HTPASSWD)
  const auth = requiresLogin ? { auth: { htpasswd: { realm: 'upstream', path: htpasswd } } } : {}
  await writeFile(config, configuration(join(directory.path, 'storage'), auth))
  const env = neutralEnvironment()
  const registry = await startProcess('docker-registry', ['serve', config], { ready: /listening on/, env })
  const url = `http://${/listening on (127\.0\.0\.1:\d+)/.exec(registry.readyLine)?.[1] ?? ''}`

  let marks = 0
  let forgotten = 0
  const all = async () => {
    const mark = `mark=${++marks}`
    await (await fetch(`${url}/v2/?${mark}`, { headers: { 'user-agent': OWN_USER_AGENT } })).arrayBuffer()
    await registry.line(new RegExp(`"GET /v2/\\?${mark} HTTP`))
    return registry.lines.flatMap(parse).filter(({ userAgent }) => userAgent !== OWN_USER_AGENT)
  }
  const requests = async () => (await all()).slice(forgotten)
  const stop = async () => {
    await registry.stop()
    await directory[Symbol.asyncDispose]()
  }
  return {
    url,
    requests,
    asked: async (which = /./) => (await requests()).map(lineOf).filter((line) => which.test(line)),
    everAsked: async () => (await all()).map(lineOf),
    forget: async () => void (forgotten = (await all()).length),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const lineOf = ({ method, path, status }: LoggedRequest) => `${method} ${path} ${status}`

const configuration = (storage: string, auth: object) =>
  JSON.stringify({
    version: '0.1',
    ...auth,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'of this spec' },
  })

/** Matches Apache's combined log format. */
const LOGGED = /"([A-Z]+) (\S+) HTTP\/[\d.]+" (\d{3}) \d+ "[^"]*" "([^"]*)"$/

function parse(line: string): LoggedRequest[] {
  const [, method, path, status, userAgent = ''] = LOGGED.exec(line) ?? []
  return method && path ? [{ method, path, status: Number(status), userAgent }] : []
}
