import { existsSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { mustRun, neutralEnvironment } from './run-command.js'
import { pathOf } from './system-tools.js'

/** What images built on the spot run besides Node: the shell, the programs of Dockerfiles and of specs, Redis. */
const PROGRAMS = [
  ...['sh', 'bash', 'env', 'grep', 'setpriv', 'redis-server', 'redis-cli'],
  ...['cat', 'chmod', 'chown', 'id', 'ln', 'ls', 'mkdir', 'rm', 'sleep', 'touch'],
]

/** Parts of the C library that Node's native modules load; `ldd` does not name them. */
const LIBRARIES = ['libdl.so.2', 'libpthread.so.0', 'libresolv.so.2', 'librt.so.1']

/** Links into /usr, as Debian and Ubuntu have them. */
const LINKS = ['bin', 'sbin', 'lib', 'lib64']

const DIRECTORIES = ['etc/ssl/certs', 'home/node', 'proc', 'root', 'run', 'sys', 'tmp', 'var/lib']

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd':
    'root:x:0:0::/root:/bin/sh\nredis:x:100:100::/var/lib/redis:/bin/false\nnode:x:1000:1000::/home/node:/bin/bash\n',
  'etc/group': 'root:x:0:\nredis:x:100:\nnode:x:1000:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

/**
 * Fills a directory with the root of a container: programs of this machine with their libraries, and the users `redis`
 * and `node`. This takes a second and no network; it needs root and a Linux with glibc.
 */
export async function machineRoot(root: string): Promise<void> {
  for (const directory of DIRECTORIES) await mkdir(join(root, directory), { recursive: true })
  for (const name of LINKS) {
    await mkdir(join(root, 'usr', name), { recursive: true })
    await symlink(`usr/${name}`, join(root, name))
  }
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(root, path), text)
  await chmod(join(root, 'tmp'), 0o1777)
  await chown(join(root, 'home/node'), 1000, 1000)
  for (const program of PROGRAMS) await addProgram(root, pathOf(program) ?? program, `usr/bin/${program}`)
}

/** Adds a program of this machine to such a root, and the libraries it loads. */
export async function addProgram(root: string, program: string, as: string): Promise<void> {
  await add(root, program, as)
  const { stdout } = await mustRun('ldd', [program], { env: neutralEnvironment() })
  const named = [...stdout.matchAll(/(\/\S+\.so\S*) \(0x/g)].map(([, path = '']) => path)
  const libc = named.find((path) => path.endsWith('/libc.so.6')) ?? ''
  const beside = LIBRARIES.map((name) => join(dirname(libc), name)).filter(existsSync)
  for (const library of new Set([...named, ...beside])) {
    // /lib/… may be /usr/lib/… on this machine; in the container it is.
    const directory = await realpath(dirname(library))
    if (!existsSync(join(root, directory, basename(library))))
      await add(root, library, join(directory, basename(library)))
  }
}

async function add(root: string, from: string, path: string): Promise<void> {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await copyFile(from, file)
}
