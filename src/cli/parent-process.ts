import { readFileSync } from 'node:fs'

/** How often it is looked whether the parent is still there. */
const LOOK_EVERY_MS = 500

/** What npm, npx, pnpm and yarn leave in the environment of a script. */
export interface ScriptEnvironment {
  readonly npm_lifecycle_script?: string | undefined
}

/**
 * Whether npm or npx started this process in the foreground: the script it runs names ecr-local, and does not put it into the
 * background. A signal then ends npm and the shell between, and never reaches this process. Elsewhere the parent may end
 * and this process is to stay: `start &` in a shell that exits, nohup, systemd, process 1 of a container; and a variable that a
 * shell inherited from a script of another name says nothing.
 */
export function isForegroundScript({ npm_lifecycle_script: script = '' }: ScriptEnvironment): boolean {
  const isOurs = /(^|[\s'"/\\])(ecr-local(\.cjs)?|dist[/\\]main\.js)(['"\s]|$)/.test(script)
  const isInBackground = /(^|[^&>])&([^&>]|$)|\b(nohup|setsid|disown)\b/.test(script)
  return isOurs && !isInBackground
}

/** Resolves once the parent of this process, or where it can be seen the parent of that one, is another than now. */
export function parentExit(lookEveryMs = LOOK_EVERY_MS): Promise<'parent gone'> {
  const [parent, grandparent] = [process.ppid, parentOf(process.ppid)]
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (process.ppid === parent && parentOf(parent) === grandparent) return
      clearInterval(timer)
      resolve('parent gone')
    }, lookEveryMs)
    timer.unref()
  })
}

/** The shell between npm and this process outlives a SIGKILL of npm; only Linux shows its parent. proc_pid_stat(5) */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
