import { readFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startProcess } from './background-process.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A network with nothing in it but 127.0.0.1: what is done to it is done to nothing else, and goes with it. */
export interface NetworkNamespace extends AsyncDisposable {
  /** What runs a command inside: the command and the arguments before its own. */
  readonly enter: readonly [command: string, ...args: string[]]
  /** Makes a port of this machine's 127.0.0.1 one of the namespace's, too. */
  reach(port: number): Promise<void>
}

const program = fileURLToPath(new URL('port-forwarder.ts', import.meta.url))

/** Makes one; it needs root, `unshare`, `nsenter` and `ip`. It ends with the process that made it. */
export async function networkNamespace(): Promise<NetworkNamespace> {
  const directory = await temporaryDirectory()
  const { outputText } = ts.transpileModule(await readFile(program, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  const run = 'ip link set lo up && exec "$0" --input-type=module --eval "$1"'
  const env = { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }
  const inside = await startProcess('unshare', ['--net', 'sh', '-c', run, process.execPath, outputText], {
    ...{ ready: /^ready$/, env, input: true },
  })
  const reached = new Map<number, Promise<Server>>()
  const forward = async (port: number) => {
    const socket = join(directory.path, String(port))
    const server = createServer((client) => {
      const onward = connect(port, '127.0.0.1')
      client.pipe(onward).pipe(client)
      client.on('error', () => onward.destroy())
      onward.on('error', () => client.destroy())
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    inside.write(`${port} ${socket}\n`)
    await inside.line(new RegExp(`^listening on ${port}$`))
    return server
  }
  return {
    enter: ['nsenter', `--net=/proc/${inside.pid}/ns/net`],
    async reach(port) {
      if (!reached.has(port)) reached.set(port, forward(port))
      await reached.get(port)
    },
    async [Symbol.asyncDispose]() {
      await inside.stop()
      for (const server of reached.values()) (await server).close()
      await directory[Symbol.asyncDispose]()
    },
  }
}
