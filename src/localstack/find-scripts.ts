import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../config/usage-error.js'
import { type Stage, stages } from './init-status.js'

/** A script that was found, and the stage whose folder it is in. */
export interface FoundScript {
  readonly stage: Stage
  readonly path: string
}

/** The folder of a stage in the directory of init scripts: `boot.d`, `start.d`, `ready.d`, `shutdown.d`. */
export const folderOf = (stage: Stage): string => `${stage.toLowerCase()}.d`

/**
 * The scripts of a directory, each stage in the order in which LocalStack runs them: by name, the files of a folder
 * before those of its subfolders. Hidden entries are left out, because a volume of Kubernetes has every file twice, the
 * second time in a hidden folder. Throws UsageError for a folder that cannot be read.
 * https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/
 */
export function findScripts(directory: string): FoundScript[] {
  try {
    return stages.flatMap((stage) => scriptsOf(directory, stage))
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === undefined || path === undefined) throw error
    throw new UsageError(`The init scripts in ${path} cannot be read (${code}): correct its permissions or its links`)
  }
}

function scriptsOf(directory: string, stage: Stage): FoundScript[] {
  const folder = join(directory, folderOf(stage))
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  return (isFolder ? scriptsIn(folder) : []).map((path) => ({ stage, path }))
}

/** A link to a folder below is not followed, since it may lead back to where it is. */
function scriptsIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  const pathsOf = (some: readonly Dirent[]) => some.map(({ name }) => join(folder, name)).sort()
  const files = pathsOf(entries.filter(({ name }) => IS_SCRIPT.test(name))).filter(isFile)
  return [...files, ...pathsOf(entries.filter((entry) => entry.isDirectory())).flatMap(scriptsIn)]
}

/** The kinds of scripts that LocalStack runs. It passes over all other files. */
const IS_SCRIPT = /\.(sh|py)$/

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true
