import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** `ecr-local start` as a process of its own, the way a user runs it. */
export interface EmulatorProcess extends AsyncDisposable {
  /** `http://localhost:<port>`: the control plane. */
  readonly endpoint: string
  /** `localhost:<port>`: the data plane, as image names begin. */
  readonly registry: string
  readonly dataDir: string
  readonly process: BackgroundProcess
  /** Milliseconds from being started to being ready. */
  readonly startedInMs: number
  advanceClock(seconds: number): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface EmulatorOptions {
  /** The configuration file's content. */
  config?: object
  /** A directory of its own, removed at the end, unless said. */
  dataDir?: string
  env?: NodeJS.ProcessEnv
}

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

/** Starts what `npm run build` made, on free ports. */
export async function emulatorProcess({ config = {}, dataDir, env }: EmulatorOptions = {}): Promise<EmulatorProcess> {
  if (!existsSync(main)) throw new Error('dist/ecr-local.cjs is missing: npm run build')
  const own = await temporaryDirectory()
  const configFile = join(own.path, 'ecr-local.json')
  await writeFile(configFile, JSON.stringify(config))
  const directory = dataDir ?? join(own.path, 'data')
  const flags = ['--port', '0', '--registry-port', '0', '--data-dir', directory, '--config', configFile]
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
