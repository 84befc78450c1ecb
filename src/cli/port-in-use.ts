import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { text } from 'node:stream/consumers'
import { clientHost } from '../compose/plane-addresses.js'
import { REAL_NAMES_PORT } from '../compose/real-names-listener.js'
import { UsageError } from '../config/usage-error.js'
import { type ListenSettings, settingOfPort } from './startup-errors.js'

/** How long to wait for the other program's answer. */
const ANSWER_WITHIN_MS = 1_000

/** The message for a port in use, with the program that uses it if it answers. Undefined for other errors. */
export async function portInUse(error: unknown, config: ListenSettings): Promise<UsageError | undefined> {
  const { code, port = 0 } = Object(error) as { code?: string; port?: number }
  if (code !== 'EADDRINUSE') return undefined
  const plane = await planeAt(clientHost(config.host), port)
  const holder = plane ?? 'a program other than ecr-local'
  const advice = `${plane ? 'use that one, stop it' : 'stop it'}, or ${otherChoice(port, config)}`
  return new UsageError(`Port ${port} is in use by ${holder}: ${advice}`)
}

function otherChoice(port: number, config: ListenSettings): string {
  if (config.realNames && port === REAL_NAMES_PORT)
    return 'give ecr-local a loopback address of its own with --host 127.0.0.2'
  return `choose another port with ${settingOfPort(config, port)} (0: a free one)`
}

/** The plane that answers at a port, if any. The answer is only shown, so its certificate need not be trusted. */
async function planeAt(host: string, port: number): Promise<string | undefined> {
  const names: Record<string, string> = { control: 'the control plane', data: 'the data plane', both: 'both planes' }
  for (const scheme of ['http', 'https'] as const) {
    const health = await healthAt(`${scheme}://${host}:${port}/health`)
    const { plane, version, store } = Object(health) as Record<string, unknown>
    const name = typeof plane === 'string' && Object.hasOwn(names, plane) ? names[plane] : undefined
    if (name !== undefined && typeof version === 'string')
      return `${name} of another ecr-local (version ${version.slice(0, 20)}, store ${String(store).slice(0, 20)})`
  }
  return undefined
}

function healthAt(url: string): Promise<unknown> {
  const options = { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), agent: false as const }
  return new Promise((resolve) => {
    const read = (answer: NodeJS.ReadableStream) =>
      void text(answer)
        .then((body): unknown => JSON.parse(body))
        .then(resolve, () => resolve(undefined))
    const request = url.startsWith('https:')
      ? getSecurely(url, { ...options, rejectUnauthorized: false }, read)
      : get(url, options, read)
    request.on('error', () => resolve(undefined))
  })
}
