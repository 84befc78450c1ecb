import { readFileSync } from 'node:fs'

/** How often to check that the parent still exists. */
const CHECK_EVERY_MS = 500

/** What npm, npx, pnpm and yarn set in the environment of a script. */
export interface ScriptEnvironment {
  readonly npm_lifecycle_script?: string | undefined
}

/**
 * Whether npm or npx started this process in the foreground: its script names ecr-local and does not put it into the
 * background. A signal then ends npm and the shell in between, but does not reach this process. In all other cases the
 * parent may end while this process stays: `start &` in a shell that exits, nohup, systemd, process 1 of a container. A
 * variable that a shell inherited from a script of another name does not count.
 */
export function isForegroundScript({ npm_lifecycle_script: script = '' }: ScriptEnvironment): boolean {
  const isOurs = /(^|[\s'"/\\])(ecr-local(\.cjs)?)(['"\s]|$)/.test(script)
  const isInBackground = /(^|[^&>])&([^&>]|$)|\b(nohup|setsid|disown)\b/.test(script)
  return isOurs && !isInBackground
}

/** Resolves once the parent of this process, or on Linux the parent's parent, has changed. */
export function parentExit(checkEveryMs = CHECK_EVERY_MS): Promise<'parent gone'> {
  const [parent, grandparent] = [process.ppid, parentOf(process.ppid)]
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (process.ppid === parent && parentOf(parent) === grandparent) return
      clearInterval(timer)
      resolve('parent gone')
    }, checkEveryMs)
    timer.unref()
  })
}

/**
 * The shell between npm and this process survives a SIGKILL of npm; only Linux shows that shell's parent.
 * proc_pid_stat(5)
 */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
