import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import type { DockerDaemon } from '../../support/docker-daemon.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const program = new URL('../../support/localstack-container-program.ts', import.meta.url)

/** The specs of Testcontainers with its class for LocalStack, on a daemon that has the image. */
export function localstackContainerSpecs(daemonOf: () => DockerDaemon): void {
  it('LocalstackContainer starts the image ecr-local, and its address leads to ECR', async () => {
    const daemon = daemonOf()
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
    const { outputText } = ts.transpileModule(await readFile(program, 'utf8'), { compilerOptions })
    const { stdout } = await daemon.within(process.execPath, ['--input-type=module', '--eval', outputText], {
      cwd: root,
      // Its container that removes others comes from a registry; here the daemon ends with the spec.
      env: { ...daemon.environment, TESTCONTAINERS_RYUK_DISABLED: 'true', TESTCONTAINERS_HOST_OVERRIDE: 'localhost' },
    })
    const { endpoint, repositoryUri, health } = JSON.parse(stdout) as Record<string, unknown>
    expect(endpoint).toMatch(/^http:\/\/localhost:\d+$/)
    expect(endpoint).not.toBe('http://localhost:4566')
    expect(repositoryUri).toBe(`${String(endpoint).replace('http://', '')}/team/app`)
    expect(health).toMatchObject({ services: { ecr: expect.stringMatching(/^(available|running)$/) as string } })
    expect(await daemon.docker('ps', '--all', '--quiet', '--filter', 'label=org.testcontainers=true')).toBe('')
  })
}
