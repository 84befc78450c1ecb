import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { afterEach, describe, expect, it, test as base, vi } from 'vitest'
import { startEcrLocal } from '../../src/library/ecr-local.js'
import { ecrLocalSetup as setupOfJest, ecrLocalTeardown } from '../../src/library/integrations/jest.js'
import { ecrLocalSetup as setupOfVitest, withEcrLocal } from '../../src/library/integrations/vitest.js'

const variables = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, process.env[name]]))

describe('The global setup of Jest', () => {
  const names = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_ECR', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
  afterEach(() => vi.unstubAllEnvs())

  it('A client that is made without settings finds the emulator until the teardown, which restores the variables', async () => {
    for (const name of names) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_REGION', 'eu-north-1')
    await setupOfJest({ region: 'eu-west-1' })()
    const ecr = new ECRClient()
    const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    expect(repository?.repositoryArn).toMatch(/^arn:aws:ecr:eu-west-1:/)
    const endpoint = process.env.AWS_ENDPOINT_URL ?? ''
    await ecrLocalTeardown()
    ecr.destroy()
    expect(variables(names)).toEqual({ AWS_REGION: 'eu-north-1' })
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed')
  })

  it('The address of another emulator stays that of the other services', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://localhost:5000')
    await setupOfJest()()
    expect(process.env.AWS_ENDPOINT_URL).toBe('http://localhost:5000')
    expect(process.env.AWS_ENDPOINT_URL_ECR).toMatch(/^http:\/\/localhost:\d+$/)
    await ecrLocalTeardown()
  })

  it('The teardown has nothing to do after a setup that failed', async () => {
    await expect(setupOfJest({ auth: 'lax' as 'strict' })()).rejects.toThrow('auth')
    await expect(ecrLocalTeardown()).resolves.toBeUndefined()
  })
})

describe('The global setup of Vitest', () => {
  it('Tests are provided with what can be cloned, of an emulator that a rerun empties and the teardown stops', async () => {
    const provided: Record<string, unknown> = {}
    const reruns: (() => unknown)[] = []
    const stop = await setupOfVitest({ region: 'eu-west-1' })({
      provide: (name, value) => void (provided[name] = structuredClone(value)),
      onTestsRerun: (listener) => void reruns.push(listener as () => unknown),
    })
    const { endpoint, region, credentials } = provided.ecrLocal as Awaited<ReturnType<typeof startEcrLocal>>
    expect(provided).toMatchObject({ ecrLocal: { registry: new URL(endpoint).host, env: { AWS_REGION: 'eu-west-1' } } })

    const ecr = new ECRClient({ endpoint, region, credentials })
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    for (const rerun of reruns) await rerun()
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    ecr.destroy()
    await stop()
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed')
  })
})

const ofFile = withEcrLocal(base)
const ofTest = withEcrLocal(base.extend<{ repositoryName: string }>({ repositoryName: 'team/app' }), {
  scope: 'test',
  auth: 'relaxed',
})

describe('The fixture of Vitest', () => {
  const addresses = new Set<string>()
  ofFile('The first test of a file starts an emulator', ({ ecrLocal }) => void addresses.add(ecrLocal.endpoint))
  ofFile('The second test of the file has the same one', ({ ecrLocal }) => {
    expect(addresses).toEqual(new Set([ecrLocal.endpoint]))
  })
  ofTest(
    'A test with a scope of its own has its own, beside the fixtures that there were',
    async ({ ecrLocal, repositoryName }) => {
      expect(addresses).not.toContain(ecrLocal.endpoint)
      addresses.add(ecrLocal.endpoint)
      await ecrLocal.client().send(new CreateRepositoryCommand({ repositoryName }))
    },
  )
  ofTest('The next test has another, which is empty', async ({ ecrLocal }) => {
    expect(addresses).not.toContain(ecrLocal.endpoint)
    expect((await ecrLocal.client().send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })
})
