import { basename } from 'node:path'
import type { Log } from '../registry/ports/log.js'
import { findScripts, type FoundScript } from './find-scripts.js'
import type { InitStatus, ScriptState, Stage } from './init-status.js'
import { runScript } from './run-script.js'

/** What the scripts of a stage are run with. */
export interface StageRun {
  readonly environment: NodeJS.ProcessEnv
  readonly log: Log
  /** Ends the running script, and leaves out those after it. */
  readonly signal: AbortSignal
}

/** The init scripts of a process, and how far they are. */
export interface InitScripts extends InitStatus {
  /** Whether a stage has scripts. */
  has(stage: Stage): boolean
  /** Runs the scripts of a stage one after the other; one that fails is reported and keeps none from running. */
  run(stage: Stage, run: StageRun): Promise<void>
}

interface InitScript extends FoundScript {
  readonly name: string
  state: ScriptState
}

/**
 * The init scripts in a directory; without one there are none. Those of later stages are looked for again after the
 * first, which may write them. Throws UsageError if the directory cannot be read.
 */
export function initScripts(directory?: string): InitScripts {
  const find = () => (directory === undefined ? [] : findScripts(directory).map(unstarted))
  const completed = new Set<Stage>()
  let scripts = find()
  return {
    get scripts() {
      return scripts.map(({ stage, name, state }) => ({ stage, name, state }))
    },
    isCompleted: (stage) => completed.has(stage),
    has: (stage) => scripts.some((script) => script.stage === stage),
    async run(stage, run) {
      for (const script of scripts.filter((one) => one.stage === stage)) await runOne(script, run)
      if (stage === 'BOOT') scripts = [...scripts.filter(isOfBoot), ...find().filter((script) => !isOfBoot(script))]
      completed.add(stage)
    },
  }
}

const unstarted = (found: FoundScript): InitScript => ({ ...found, name: basename(found.path), state: 'UNKNOWN' })
const isOfBoot = ({ stage }: InitScript) => stage === 'BOOT'

async function runOne(script: InitScript, { environment, log, signal }: StageRun): Promise<void> {
  if (signal.aborted) return
  const { stage, path, name } = script
  log.debug({ stage, path }, 'runs an init script')
  script.state = 'RUNNING'
  const onLine = (line: string) => void log.info({ stage, script: name }, line)
  const failure = await runScript(path, { environment, onLine, signal })
  script.state = failure === undefined ? 'SUCCESSFUL' : 'ERROR'
  if (failure !== undefined) log.error({ stage, path }, `The init script ${name} failed: ${failure}`)
}
