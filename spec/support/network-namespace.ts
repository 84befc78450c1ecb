import { readFile } from 'node:fs/promises'
import type { Server as HttpServer } from 'node:http'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startProcess } from './background-process.js'
import { httpProxy } from './http-proxy.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/**
 * A network and process namespace. Changes to its interfaces and packet filter affect nothing else, and everything in
 * it ends with the process that created it, however that process ends.
 */
export interface NetworkNamespace extends AsyncDisposable {
  /** The command and arguments to put before a command that runs inside. */
  readonly enter: readonly [command: string, ...args: string[]]
  /** Makes a port of 127.0.0.1 on this machine reachable inside the namespace. */
  reach(port: number): Promise<void>
  /** Makes a port of 127.0.0.1 in the namespace reachable on this machine. */
  expose(port: number): Promise<void>
  /** The path of a Unix socket on this machine that reaches a port of 127.0.0.1 in the namespace. */
  socketTo(port: number): Promise<string>
  /** Starts an HTTP proxy to this machine's network on every address of the namespace and returns its port. */
  proxy(): Promise<number>
}

const program = fileURLToPath(new URL('port-forwarder.ts', import.meta.url))

/** The first process of the namespace adopts orphaned processes. */
const FIRST_PROCESS = 'ip link set lo up || exit 1; exec 3<&0; "$0" --input-type=module --eval "$1" <&3 & wait'
const PROXY_PORT = 3128

/** Creates a namespace; needs root, `ip` and util-linux. */
export async function networkNamespace(): Promise<NetworkNamespace> {
  const directory = await temporaryDirectory()
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  const { outputText } = ts.transpileModule(await readFile(program, 'utf8'), { compilerOptions })
  const namespace = ['--net', '--pid', '--fork', '--kill-child']
  const first = ['sh', '-c', FIRST_PROCESS, process.execPath, outputText]
  const env = { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }
  const inside = await startProcess('unshare', [...namespace, ...first], {
    ...{ ready: /^ready$/, env, input: true },
  })
  const servers: (Server | HttpServer)[] = []
  const listen = async (server: Server | HttpServer, at: ListenOptions) => {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(at, resolve))
  }
  const order = async (line: string) => {
    inside.write(`${line}\n`)
    await inside.line(new RegExp(`^${line.replaceAll('.', '\\.')}$`))
  }
  const socket = (name: string) => join(directory.path, name)
  const once = onlyOnce()
  const socketTo = async (port: number) => {
    await once(`socket-${port}`, () => order(`out ${socket(`out-${port}`)} ${port}`))
    return socket(`out-${port}`)
  }
  return {
    enter: ['nsenter', `--net=/proc/${inside.pid}/ns/net`, `--pid=/proc/${inside.pid}/ns/pid_for_children`],
    reach: (port) =>
      once(`in-${port}`, async () => {
        await listen(
          joined(() => connect(port, '127.0.0.1')),
          { path: socket(`in-${port}`) },
        )
        await order(`in ${socket(`in-${port}`)} 127.0.0.1 ${port}`)
      }),
    expose: (port) =>
      once(`out-${port}`, async () => {
        const path = await socketTo(port)
        await listen(
          joined(() => connect(path)),
          { port, host: '127.0.0.1' },
        )
      }),
    socketTo,
    async proxy() {
      await once('proxy', async () => {
        await listen(httpProxy(), { path: socket('proxy') })
        await order(`in ${socket('proxy')} 0.0.0.0 ${PROXY_PORT}`)
      })
      return PROXY_PORT
    },
    async [Symbol.asyncDispose]() {
      await inside.stop('SIGKILL')
      for (const server of servers) server.close()
      await directory[Symbol.asyncDispose]()
    },
  }
}

function joined(onwardTo: () => Socket): Server {
  return createServer((client) => {
    const onward = onwardTo()
    client.pipe(onward).pipe(client)
    client.on('error', () => onward.destroy())
    onward.on('error', () => client.destroy())
  })
}

/** Runs named work only on the first call with that name. */
function onlyOnce() {
  const begun = new Map<string, Promise<void>>()
  return (name: string, work: () => Promise<void>): Promise<void> => {
    const doing = begun.get(name) ?? work()
    begun.set(name, doing)
    return doing
  }
}
