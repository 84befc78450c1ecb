import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** `ecr-local start` as a separate process, as a user runs it. */
export interface EmulatorProcess extends AsyncDisposable {
  /** The control plane: `http://localhost:<port>`. */
  readonly endpoint: string
  /** The data plane, as image names begin: `localhost:<port>`. */
  readonly registry: string
  readonly dataDir: string
  readonly process: BackgroundProcess
  /** The time from the start to readiness in milliseconds. */
  readonly startedInMs: number
  advanceClock(seconds: number): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface EmulatorOptions {
  /** The content of the configuration file. */
  config?: object
  /** By default, a new directory that is removed at the end. */
  dataDir?: string
  env?: NodeJS.ProcessEnv
}

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

/** Starts the output of `npm run build` on a free port. */
export async function emulatorProcess({ config = {}, dataDir, env }: EmulatorOptions = {}): Promise<EmulatorProcess> {
  if (!existsSync(main)) throw new Error('dist/ecr-local.cjs is missing: npm run build')
  const own = await temporaryDirectory()
  const configFile = join(own.path, 'ecr-local.json')
  await writeFile(configFile, JSON.stringify(config))
  const directory = dataDir ?? join(own.path, 'data')
  const flags = ['--port', '0', '--data-dir', directory, '--config', configFile]
  const begun = performance.now()
  const child = await startProcess(process.execPath, [main, 'start', ...flags], {
    ready: /"msg":"ready"/,
    env: { ...neutralEnvironment(), ...env },
  }).catch(async (error: unknown) => {
    await own[Symbol.asyncDispose]()
    throw error
  })
  const startedInMs = performance.now() - begun
  const { endpoint, registry } = JSON.parse(child.readyLine) as { endpoint: string; registry: string }
  return {
    ...{ endpoint, registry, startedInMs, dataDir: directory, process: child },
    async advanceClock(advanceSeconds) {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ advanceSeconds })
      const answer = await fetch(`${endpoint}/_admin/clock`, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`The clock was not advanced: ${answer.status} ${await answer.text()}`)
    },
    stop: (signal) => child.stop(signal),
    async [Symbol.asyncDispose]() {
      await child.stop()
      await own[Symbol.asyncDispose]()
    },
  }
}
