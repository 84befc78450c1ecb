import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'
import { parseAction } from '@actions/workflow-parser/actions/action-parser'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { neutralEnvironment, runCommand } from '../support/run-command.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Job {
  needs?: string | string[]
  permissions?: Record<string, string>
  uses?: string
  'continue-on-error'?: unknown
  strategy?: { matrix: { node?: string[]; os?: string[] } }
  container?: { image: string; options: string }
  steps?: Step[]
}

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

const workflows = readdirSync(join(root, '.github', 'workflows'))
const workflow = (name: string) => parse(read(`.github/workflows/${name}`)) as Workflow
const ci = workflow('ci.yml')
const release = workflow('release.yml')
const stepsOf = (one: Workflow) => Object.values(one.jobs).flatMap(({ steps = [] }) => steps)

describe('workflows', () => {
  it.each(workflows)("The workflow %s is one that GitHub's parser accepts", (name) => {
    const content = read(`.github/workflows/${name}`)
    const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter())
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([])
    expect(value).toBeDefined()
  })

  it("The action is one that GitHub's parser accepts, and its scripts exist", () => {
    const content = read('action.yml')
    const { context } = parseAction({ name: 'action.yml', content }, new NoOperationTraceWriter())
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([])
    const { runs } = parse(content) as { runs: { main: string; post: string } }
    for (const script of [runs.main, runs.post]) expect(existsSync(join(root, script))).toBe(true)
  })

  it("GitHub's parser reports what a workflow must not contain", () => {
    const content =
      'on: push\njobs:\n  one:\n    runs-on: x\n    permisions: {}\n    steps: [{ run: "${{ none.x }}" }]\n'
    const { context } = parseWorkflow({ name: 'wrong.yml', content }, new NoOperationTraceWriter())
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([
      expect.stringContaining("Unexpected value 'permisions'"),
      expect.stringContaining("Unrecognized named-value: 'none'"),
    ])
  })

  it('Every action of others is pinned by the id of a commit, with its version beside it', () => {
    for (const name of workflows) {
      const used = read(`.github/workflows/${name}`).matchAll(/uses: (\S+)(.*)/g)
      for (const [, action = '', comment] of used)
        if (!action.startsWith('./')) {
          expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
          expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/)
        }
    }
  })

  it('No script of a workflow contains an expression, so that no name of a branch or tag becomes a command', () => {
    for (const { run = '' } of [...stepsOf(ci), ...stepsOf(release)]) expect(run).not.toContain('${{')
  })

  it('A checkout leaves no credentials for the steps that follow', () => {
    const checkouts = [...stepsOf(ci), ...stepsOf(release)].filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.length).toBeGreaterThan(4)
    for (const { with: settings } of checkouts) expect(settings).toMatchObject({ 'persist-credentials': false })
  })
})

describe('workflow CI', () => {
  it('The workflow CI runs .ci/run on the Node releases of engines and of npm run test:nodes', () => {
    const { strategy, container, steps } = ci.jobs.suite!
    const nodes = strategy!.matrix.node!
    expect(steps!.map(({ run }) => run).filter(Boolean)).toEqual(['.ci/run'])
    expect(container!.image).toBe('node:${{ matrix.node }}-bookworm')
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
    expect(engines.node).toBe(`>=${nodes[0]}`)
    const [, listed = ''] = /RELEASES = \[(.*)\]/.exec(read('scripts/test-nodes.js')) ?? []
    expect(listed.split(', ')).toEqual(nodes.map((node) => `'${node}'`))
  })

  it('The workflow CI starts the action of this repository on every system of the support matrix', () => {
    const { strategy, steps, 'continue-on-error': mayFail } = ci.jobs.action!
    expect(steps!.find(({ uses }) => uses === './')?.with).toEqual({ program: 'dist/ecr-local.cjs' })
    expect(mayFail).toBe("${{ matrix.os != 'ubuntu-24.04' }}")
    const page = read('docs/support.md')
    for (const system of strategy!.matrix.os!) expect(page).toContain(`\`${system}\``)
  })

  it('The workflow CI may only read the repository', () => {
    expect(ci.permissions).toEqual({ contents: 'read' })
    expect(Object.values(ci.jobs).map(({ permissions }) => permissions)).toEqual([undefined, undefined])
  })
})

describe('workflow of a release', () => {
  it('The workflow of a release gives each job the permissions that it needs and no other', () => {
    expect(release.permissions).toEqual({})
    const permissions = Object.entries(release.jobs).map(([name, { permissions: granted }]) => [name, granted])
    expect(Object.fromEntries(permissions)).toEqual({
      check: { contents: 'read' },
      suite: { contents: 'read' },
      npm: { contents: 'read', 'id-token': 'write' },
      image: { contents: 'read', packages: 'write', 'id-token': 'write', attestations: 'write' },
      release: { contents: 'write' },
    })
  })

  it('The workflow of a release publishes nothing before the check and the whole suite have passed', () => {
    const { check, suite, npm, image, release: notes } = release.jobs
    expect(check).not.toHaveProperty('needs')
    expect(suite).toMatchObject({ needs: 'check', uses: './.github/workflows/ci.yml' })
    expect([npm!.needs, image!.needs, notes!.needs]).toEqual([
      ['check', 'suite'],
      ['check', 'suite'],
      ['check', 'npm', 'image'],
    ])
  })

  it('The workflow of a release publishes with provenance, and an image for both processors with an SBOM', () => {
    expect(release.jobs.npm!.steps!.at(-1)!.run).toContain('npm publish --provenance')
    const build = release.jobs.image!.steps!.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))
    expect(build!.with).toMatchObject({ platforms: 'linux/amd64,linux/arm64', sbom: true, provenance: 'mode=max' })
    expect(release.jobs.image!.steps!.at(-1)!.uses).toContain('actions/attest-build-provenance@')
  })
})

describe('scripts/release.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecr-local-release-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const url = 'git+https://github.com/Some/ecr-local.git'
  const dated = '# Changelog\n\n## 0.2.0 — 2026-12-01\n\n### Added\n- One port.\n\n## 0.1.0 — 2026-01-01\n- First.\n'

  async function asked(args: string[], manifest: object, changelog = dated) {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
    const script = join(root, 'scripts', 'release.js')
    return runCommand(process.execPath, [script, ...args], { cwd: folder, env: neutralEnvironment() })
  }
  const check = (tag: string) => ['check', tag, 'Some/ecr-local']

  it('The check of a release says which names to publish under', async () => {
    const manifest = { version: '0.2.0', repository: { type: 'git', url } }
    expect(await asked(check('v0.2.0'), manifest)).toEqual({
      exitCode: 0,
      stderr: '',
      stdout:
        'version=0.2.0\nimage=ghcr.io/some/ecr-local\n' +
        'tags=ghcr.io/some/ecr-local:0.2.0,ghcr.io/some/ecr-local:0.2,ghcr.io/some/ecr-local:latest\n' +
        'npmTag=latest\nprerelease=false\n',
    })
  })

  it('The check of a release lets a prerelease move neither latest nor the minor version', async () => {
    const manifest = { version: '0.2.0-rc.1', repository: url }
    const { stdout } = await asked(check('v0.2.0-rc.1'), manifest, '## 0.2.0-rc.1 — 2026-12-01\n- One port.\n')
    expect(stdout).toContain('tags=ghcr.io/some/ecr-local:0.2.0-rc.1\nnpmTag=next\nprerelease=true\n')
  })

  it('The check of a release names everything that is missing at once', async () => {
    const { exitCode, stdout, stderr } = await asked(check('v0.3.0'), { version: '0.2.0' }, '## 0.2.0 — unreleased\n')
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr.trim().split('\n')).toEqual([
      'The tag is v0.3.0, and package.json has the version 0.2.0: tag v0.2.0.',
      `package.json names no repository, which npm's provenance needs: "repository": { "type": "git", "url": "git+https://github.com/Some/ecr-local.git" }.`,
      'The section of 0.2.0 in CHANGELOG.md has no date: "0.2.0 — unreleased".',
      'The section of 0.2.0 in CHANGELOG.md is empty.',
    ])
  })

  it('The check of a release refuses the repository of another project and a version without a section', async () => {
    const manifest = { version: '0.4.0', repository: { url: 'https://github.com/other/ecr-local' } }
    const { stderr } = await asked(check('v0.4.0'), manifest)
    expect(stderr.trim().split('\n')).toEqual([
      'package.json names the repository https://github.com/other/ecr-local, and this one is https://github.com/Some/ecr-local.',
      'CHANGELOG.md has no section "## 0.4.0 — <date>".',
    ])
  })

  it("The notes of a release are the version's part of the changelog", async () => {
    expect(await asked(['notes', '0.2.0'], {})).toMatchObject({ exitCode: 0, stdout: '### Added\n- One port.\n' })
    expect(await asked(['notes', '9.9.9'], {})).toMatchObject({
      exitCode: 1,
      stderr: 'CHANGELOG.md has no section of 9.9.9.\n',
    })
    expect((await asked(['publish'], {})).stderr).toMatch(/^node scripts\/release.js check /)
  })
})
