// Runs a representative part of the suite on every Node release line that is supported: `npm run test:nodes`, or only some
// with `npm run test:nodes -- 22 24`. The binaries come from the npm package `node`, once, into a folder below node_modules.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The oldest release that package.json allows, and the lines after it. */
const RELEASES = ['20.19', '22', '24']

/** Native code, TLS and certificates, streams and sockets, the process itself, the package as npm installs it. */
const SPECS = [
  ...['spec/adapters/http', 'spec/adapters/lmdb', 'spec/contracts', 'spec/iam', 'spec/sigv4', 'spec/smithy'],
  ...['spec/control-plane/repositories', 'spec/control-plane/images', 'spec/data-plane/manifests.spec.ts'],
  ...['spec/library/ecr-local.spec.ts', 'spec/library/upstream.spec.ts'],
  ...['certs', 'cli', 'config', 'demo', 'metrics', 'package', 'start-stop', 'storage', 'tls', 'traces'].map(
    (name) => `spec/main/${name}.spec.ts`,
  ),
]

const releases = process.argv.length > 2 ? process.argv.slice(2) : RELEASES
const failed = releases.filter((release) => !passesOn(nodeOf(release)))
if (failed.length > 0) throw new Error(`Failed on Node ${failed.join(', ')}`)

/** The path of a Node binary of that release. */
function nodeOf(release) {
  const folder = join(root, 'node_modules', '.cache', 'nodes', release)
  const node = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    // The package's install script fetches the binary for this platform from the same registry.
    const options = ['--no-audit', '--no-fund', '--no-package-lock', '--foreground-scripts']
    execFileSync('npm', ['install', '--prefix', folder, ...options, `node@${release}`], { stdio: 'inherit' })
  }
  return node
}

/** Specs start `node` by its name, too, so it comes first in the path. */
function passesOn(node) {
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH }
  process.stdout.write(`\nNode ${execFileSync(node, ['--version']).toString()}`)
  return (
    spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', ...SPECS], { cwd: root, env, stdio: 'inherit' })
      .status === 0
  )
}
