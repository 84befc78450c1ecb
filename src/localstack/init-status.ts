/** The moments of a process at which init scripts run, in their order, by the names of LocalStack's API. */
export const stages = ['BOOT', 'START', 'READY', 'SHUTDOWN'] as const

/** One of the four moments: before the configuration counts, before and after the planes serve, before they stop. */
export type Stage = (typeof stages)[number]

/** How far an init script is. One that has not begun is UNKNOWN, as in LocalStack. */
export type ScriptState = 'UNKNOWN' | 'RUNNING' | 'SUCCESSFUL' | 'ERROR'

/** An init script as `/_localstack/init` lists it: by its file name, without the directory. */
export interface ScriptStatus {
  readonly stage: Stage
  readonly name: string
  readonly state: ScriptState
}

/** What `/_localstack/init` reports, so that clients can wait until a stage is complete. */
export interface InitStatus {
  readonly isCompleted: (stage: Stage) => boolean
  readonly scripts: readonly ScriptStatus[]
}

/** The status of a process that runs no init scripts: every stage but the last is over when it answers. */
export const noInitScripts: InitStatus = { isCompleted: (stage) => stage !== 'SHUTDOWN', scripts: [] }
