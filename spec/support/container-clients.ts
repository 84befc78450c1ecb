import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Containerd } from './containerd.js'
import type { DockerDaemon } from './docker-daemon.js'
import { push } from './docker-images.js'
import { realImage, tar } from './images.js'
import { mustRun, neutralEnvironment } from './run-command.js'
import { digestOf } from './upstream-content.js'

/** A real client of registries, used over plain http as its users use it. */
export interface ContainerClient {
  /** Logs in as `AWS`; what the client has printed, if it prints anything. */
  login(registry: string, password: string): Promise<string>
  /** Makes an image, pushes it and returns the digest that the client names. */
  push(image: string): Promise<string>
  /** Removes the image from the client, pulls it and returns the digest that the client names. */
  pull(image: string): Promise<string>
}

/** The clients by their names; what they store is in an existing directory. */
export const containerClients = (directory: string, docker: DockerDaemon, containerd: Containerd) => ({
  Docker: dockerClient(docker),
  podman: podmanClient(join(directory, 'podman')),
  buildah: buildahClient(join(directory, 'buildah')),
  skopeo: skopeoClient(join(directory, 'skopeo')),
  containerd: containerdClient(join(directory, 'ctr'), containerd),
})

const file = { 'message.txt': Buffer.from('made by a client\n') }

const digestIn = (text: string) => /sha256:[0-9a-f]{64}/.exec(text)?.[0] ?? 'none'

/** Runs a client of containers/image (podman, buildah, skopeo), which have one form for logins and digests. */
function runner(directory: string) {
  const env = { ...neutralEnvironment(), XDG_RUNTIME_DIR: directory }
  const at = (name: string) => join(directory, name)
  const run = async (command: string, args: readonly string[], input?: string): Promise<string> => {
    await mkdir(directory, { recursive: true })
    return (await mustRun(command, args, { env, input })).stdout
  }
  return {
    at,
    run,
    /** For each command with a registry: the login that was stored, and plain http. */
    plain: ['--authfile', at('auth.json'), '--tls-verify=false'],
    /** For the login itself. */
    login: (registry: string) => [
      ...['login', '--authfile', at('auth.json'), '--tls-verify=false'],
      ...['--username', 'AWS', '--password-stdin', registry],
    ],
    /** Images are copied, not mounted over each other, so that this works in any container. */
    storage: ['--root', at('storage'), '--runroot', at('run'), '--storage-driver', 'vfs'],
    digest: async () => (await readFile(at('digest'), 'utf8')).trim(),
  }
}

function dockerClient(daemon: DockerDaemon): ContainerClient {
  return {
    login: (registry, password) => daemon.login(registry, password),
    push: (image) => push(daemon, image),
    async pull(image) {
      await daemon.forgetImages()
      return digestIn(await daemon.docker('pull', image))
    },
  }
}

function podmanClient(directory: string): ContainerClient {
  const { at, run, plain, login, storage, digest } = runner(directory)
  const podman = (...args: string[]) => run('podman', [...storage, '--cgroup-manager', 'cgroupfs', ...args])
  return {
    login: (registry, password) => run('podman', login(registry), password),
    async push(image) {
      await mkdir(directory, { recursive: true })
      await writeFile(at('files.tar'), tar(file))
      await podman('import', at('files.tar'), image)
      await podman('push', ...plain, '--digestfile', at('digest'), image)
      return digest()
    },
    async pull(image) {
      await podman('rmi', '--all', '--force')
      await podman('pull', ...plain, image)
      return (await podman('image', 'inspect', '--format', '{{.Digest}}', image)).trim()
    },
  }
}

function buildahClient(directory: string): ContainerClient {
  const { at, run, plain, login, storage, digest } = runner(directory)
  const buildah = (...args: string[]) => run('buildah', [...storage, ...args])
  return {
    login: (registry, password) => run('buildah', login(registry), password),
    async push(image) {
      const container = (await buildah('from', 'scratch')).trim()
      await writeFile(at('message.txt'), file['message.txt'])
      await buildah('copy', container, at('message.txt'), '/')
      await buildah('commit', '--rm', container, image)
      await buildah('push', ...plain, '--digestfile', at('digest'), image)
      return digest()
    },
    async pull(image) {
      await buildah('rmi', '--all', '--force')
      await buildah('pull', ...plain, image)
      return (await buildah('inspect', '--type', 'image', '--format', '{{.FromImageDigest}}', image)).trim()
    },
  }
}

function skopeoClient(directory: string): ContainerClient {
  const { at, run, plain, login, digest } = runner(directory)
  const [, authfile = '', verify = ''] = plain
  const copy = (side: 'src' | 'dest', from: string, to: string) => [
    ...['copy', '--insecure-policy', '--authfile', authfile, `--${side}-${verify.slice(2)}`],
    ...['--digestfile', at('digest'), from, to],
  ]
  return {
    login: (registry, password) => run('skopeo', login(registry), password),
    async push(image) {
      await writeImageDirectory(at('made'))
      await run('skopeo', copy('dest', `dir:${at('made')}`, `docker://${image}`))
      return digest()
    },
    async pull(image) {
      await run('skopeo', copy('src', `docker://${image}`, `dir:${at('pulled')}`))
      return digestOf(await readFile(at('pulled/manifest.json')))
    },
  }
}

/** containerd stores no login; its clients give the credentials with each command. */
function containerdClient(directory: string, containerd: Containerd): ContainerClient {
  const ctr = (...args: string[]) => containerd.ctr(...args)
  let credentials: string[] = []
  const plain = () => ['--plain-http', ...credentials]
  const listed = async (image: string) => {
    const line = (await ctr('images', 'ls')).split('\n').find((text) => text.startsWith(`${image} `))
    return digestIn(line ?? '')
  }
  return {
    login: (_registry, password) => {
      credentials = ['--user', `AWS:${password}`]
      return Promise.resolve('')
    },
    async push(image) {
      await writeImageDirectory(join(directory, 'made'))
      const archive = join(directory, 'made.tar')
      const { run } = runner(directory)
      await run('skopeo', [
        'copy',
        '--insecure-policy',
        `dir:${join(directory, 'made')}`,
        `oci-archive:${archive}:${image}`,
      ])
      await ctr('images', 'import', '--no-unpack', archive)
      await ctr('images', 'push', ...plain(), image)
      return listed(image)
    },
    async pull(image) {
      await ctr('images', 'rm', '--sync', image)
      await ctr('content', 'fetch', ...plain(), image)
      return listed(image)
    },
  }
}

/** Writes an image in the format `dir:` of containers/image, as skopeo reads it. */
export async function writeImageDirectory(directory: string): Promise<void> {
  const image = realImage('amd64', { message: 'made by a client' })
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'version'), 'Directory Transport Version: 1.1\n')
  await writeFile(join(directory, 'manifest.json'), image.bytes)
  for (const blob of image.blobs) await writeFile(join(directory, digestOf(blob).replace('sha256:', '')), blob)
}
