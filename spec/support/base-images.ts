import { chmod, cp, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { debianRoot } from './debian-root.js'
import type { DockerDaemon } from './docker-daemon.js'
import { mustRun } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

const ROOT = 'debian-of-this-spec'
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const here = dirname(fileURLToPath(import.meta.url))

/**
 * Creates the base images of the Dockerfile and docker-compose.yml under their original names: a Debian with this
 * machine's Node and npm, one with Debian's Redis, and one with the S3 server for specs. None of them is pulled from a
 * registry.
 */
export async function makeBaseImages(daemon: DockerDaemon): Promise<void> {
  await using directory = await temporaryDirectory()
  await daemon.docker('import', await debianRoot(directory.path), ROOT)
  const proxy = `http://${await daemon.bridgeAddress()}:${await daemon.proxy()}`
  for (const [tag, prepare] of Object.entries(images)) {
    const context = join(directory.path, encodeURIComponent(tag))
    await mkdir(context)
    await writeFile(join(context, 'Dockerfile'), await prepare(context, proxy))
    const args = ['build', '--quiet', '--tag', tag, context]
    // Debian's Docker client has no BuildKit.
    await mustRun('docker', args, { env: { ...daemon.environment, DOCKER_BUILDKIT: '0' }, timeoutMs: 300_000 })
  }
}

/** Each function writes its files into a directory and returns the Dockerfile. */
const images: Record<string, (context: string, proxy: string) => Promise<string>> = {
  'node:24-bookworm-slim': nodeImage,
  'redis:7': redisImage,
  'versity/versitygw:v1.8.0': objectStoreImage,
}

/**
 * Like the official image: programs under /usr/local, user `node` with id 1000. npm reaches the registry of this
 * machine through a proxy.
 */
async function nodeImage(context: string, proxy: string): Promise<string> {
  const node = await realpath(process.execPath)
  await cp(node, join(context, 'node'))
  await cp(join(dirname(node), '..', 'lib', 'node_modules', 'npm'), join(context, 'npm'), { recursive: true })
  await cp(CERTIFICATES, join(context, 'certificates'))
  const registry = (await mustRun('npm', ['config', 'get', 'registry'], { env: process.env })).stdout.trim()
  return [
    `FROM ${ROOT}`,
    'COPY node /usr/local/bin/node',
    'COPY npm /usr/local/lib/node_modules/npm',
    `COPY certificates ${CERTIFICATES}`,
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node',
    `ENV NPM_CONFIG_PROXY=${proxy} NPM_CONFIG_HTTPS_PROXY=${proxy}`,
    `ENV NPM_CONFIG_REGISTRY=${registry} NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
    'CMD ["node"]',
  ].join('\n')
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
    `FROM ${ROOT}`,
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
  return ['FROM node:24-bookworm-slim', 'COPY server /server', 'COPY versitygw wget /usr/local/bin/'].join('\n')
}

async function writeProgram(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}
