import { chmod, cp, mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { DockerDaemon } from './docker-daemon.js'
import { addProgram, machineRoot } from './machine-root.js'
import { mustRun, neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const NODE = 'node:24-bookworm-slim'
const here = dirname(fileURLToPath(import.meta.url))

/**
 * Creates the base images of the Dockerfile and docker-compose.yml under their original names: one with this machine's
 * Node, npm and shell, one with its Redis, and one with the S3 server for specs. None of them is pulled from a registry.
 */
export async function makeBaseImages(daemon: DockerDaemon): Promise<void> {
  await using directory = await temporaryDirectory()
  await importNodeImage(daemon, directory.path)
  for (const [tag, prepare] of Object.entries(images)) {
    const context = join(directory.path, encodeURIComponent(tag))
    await mkdir(context)
    await writeFile(join(context, 'Dockerfile'), await prepare(context))
    const args = ['build', '--quiet', '--tag', tag, context]
    // Debian's Docker client has no BuildKit.
    await mustRun('docker', args, { env: { ...daemon.environment, DOCKER_BUILDKIT: '0' }, timeoutMs: 300_000 })
  }
}

/** Each function writes its files into a directory and returns the Dockerfile. */
const images: Record<string, (context: string) => Promise<string>> = {
  'redis:7': redisImage,
  'versity/versitygw:v1.8.0': objectStoreImage,
}

/**
 * Like the official image: programs under /usr/local, user `node` with id 1000. npm reaches the registry of this
 * machine through a proxy.
 */
async function importNodeImage(daemon: DockerDaemon, directory: string): Promise<void> {
  const [root, file] = [join(directory, 'root'), join(directory, 'root.tar')]
  await machineRoot(root)
  const node = await realpath(process.execPath)
  await addProgram(root, node, 'usr/local/bin/node')
  const npm = join(root, 'usr/local/lib/node_modules/npm')
  await cp(join(dirname(node), '..', 'lib', 'node_modules', 'npm'), npm, { recursive: true })
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  await cp(CERTIFICATES, join(root, CERTIFICATES))
  await mustRun('tar', ['--directory', root, '--create', '--file', file, '.'], { env: neutralEnvironment() })

  const proxy = `http://${await daemon.bridgeAddress()}:${await daemon.proxy()}`
  const registry = (await mustRun('npm', ['config', 'get', 'registry'], { env: process.env })).stdout.trim()
  const changes = [
    `ENV NPM_CONFIG_PROXY=${proxy} NPM_CONFIG_HTTPS_PROXY=${proxy}`,
    `ENV NPM_CONFIG_REGISTRY=${registry} NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'CMD ["node"]',
  ]
  await daemon.docker('import', ...changes.flatMap((change) => ['--change', change]), file, NODE)
}

/**
 * Like the official image: turns off protected mode, which would refuse other containers, and drops root for the user
 * `redis`.
 */
async function redisImage(context: string): Promise<string> {
  const entrypoint =
    'chown redis /data && exec setpriv --reuid=redis --regid=redis --clear-groups "$@" --protected-mode no'
  await writeProgram(join(context, 'docker-entrypoint.sh'), `#!/bin/sh\n${entrypoint}\n`)
  return [
    `FROM ${NODE}`,
    'COPY docker-entrypoint.sh /usr/local/bin/',
    'VOLUME /data',
    'WORKDIR /data',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["redis-server"]',
  ].join('\n')
}

/** The health check of the service runs `wget`, so the image has one that accepts any answer. */
async function objectStoreImage(context: string): Promise<string> {
  const server = join(context, 'server')
  await mkdir(server)
  const sources = (await readdir(here)).filter((name) => /^(s3-server.*|object-store-program)\.ts$/.test(name))
  for (const name of sources) {
    const source = await readFile(join(here, name), 'utf8')
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
    const { outputText } = ts.transpileModule(source, { compilerOptions })
    await writeFile(join(server, name.replace(/\.ts$/, '.js')), outputText)
  }
  await writeFile(join(server, 'package.json'), '{ "type": "module" }')
  const asks = 'fetch(process.argv.at(-1)).then(() => process.exit(0), () => process.exit(1))'
  await writeProgram(join(context, 'versitygw'), '#!/bin/sh\nexec node /server/object-store-program.js "$@"\n')
  await writeProgram(join(context, 'wget'), `#!/usr/local/bin/node\n${asks}\n`)
  return [`FROM ${NODE}`, 'COPY server /server', 'COPY versitygw wget /usr/local/bin/'].join('\n')
}

async function writeProgram(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}
