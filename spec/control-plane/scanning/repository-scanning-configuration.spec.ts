import {
  BatchGetRepositoryScanningConfigurationCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  PutImageScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'
import { scanningRule } from '../../support/scanning.js'

const setScanOnPush = (ecr: ECRClient, scanOnPush: boolean | undefined, repositoryName = 'app') =>
  ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration: { scanOnPush } }))

const configurations = async (ecr: ECRClient, ...repositoryNames: string[]) => {
  const command = new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames })
  const { scanningConfigurations, failures } = await ecr.send(command)
  return { scanningConfigurations, failures }
}

async function emulatorWithRepository() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr, 'app')
  return emulator
}

describe('PutImageScanningConfiguration', () => {
  it('Scan on push is stored and shown', async () => {
    await using emulator = await emulatorWithRepository()
    const { ecr } = emulator
    const { $metadata, ...answer } = await setScanOnPush(ecr, true)
    expect($metadata.httpStatusCode).toBe(200)
    const imageScanningConfiguration = { scanOnPush: true }
    expect(answer).toEqual({ registryId: account, repositoryName: 'app', imageScanningConfiguration })
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand())
    expect(repositories[0]?.imageScanningConfiguration).toEqual({ scanOnPush: true })
    expect((await setScanOnPush(ecr, undefined)).imageScanningConfiguration).toEqual({ scanOnPush: false })
  })

  it('A repository that does not exist is refused', async () => {
    await using emulator = await emulatorWithRepository()
    await expect(setScanOnPush(emulator.ecr, true, 'none')).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'none' does not exist in the registry with id '${account}'`,
    })
  })

  it('The configuration is required', async () => {
    await using emulator = await emulatorWithRepository()
    const imageScanningConfiguration = undefined
    const command = new PutImageScanningConfigurationCommand({ repositoryName: 'app', imageScanningConfiguration })
    await expect(emulator.ecr.send(command)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'imageScanningConfiguration' failed to satisfy constraint: 'Member must not be null'",
    })
  })
})

describe('BatchGetRepositoryScanningConfiguration', () => {
  const repositoryArn = `arn:aws:ecr:us-east-1:${account}:repository/app`

  it('A new repository is scanned manually, and one that does not exist is a failure', async () => {
    await using emulator = await emulatorWithRepository()
    expect(await configurations(emulator.ecr, 'app', 'none', 'app', 'none')).toEqual({
      scanningConfigurations: [
        { repositoryArn, repositoryName: 'app', scanOnPush: false, scanFrequency: 'MANUAL', appliedScanFilters: [] },
      ],
      failures: [
        { repositoryName: 'none', failureCode: 'REPOSITORY_NOT_FOUND', failureReason: 'REPOSITORY_NOT_FOUND' },
      ],
    })
  })

  it('The frequency follows from the repository’s setting and the registry’s filters', async () => {
    await using emulator = await emulatorWithRepository()
    const { ecr } = emulator
    await setScanOnPush(ecr, true)
    expect((await configurations(ecr, 'app')).scanningConfigurations).toMatchObject([
      { scanOnPush: true, scanFrequency: 'SCAN_ON_PUSH', appliedScanFilters: [] },
    ])
    const rules = [scanningRule('CONTINUOUS_SCAN', 'app', 'other')]
    await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules }))
    expect((await configurations(ecr, 'app')).scanningConfigurations).toMatchObject([
      {
        scanOnPush: true,
        scanFrequency: 'CONTINUOUS_SCAN',
        appliedScanFilters: [{ filter: 'app', filterType: 'WILDCARD' }],
      },
    ])
  })

  it('At most 25 repositories may be named, and at least one', async () => {
    await using emulator = await emulatorWithRepository()
    const names = Array.from({ length: 26 }, (_, i) => `app${i}`)
    const at = "Invalid parameter at 'repositoryNames' failed to satisfy constraint:"
    await expect(configurations(emulator.ecr, ...names)).rejects.toMatchObject({
      message: `${at} 'Member must have length less than or equal to 25'`,
    })
    await expect(configurations(emulator.ecr)).rejects.toMatchObject({
      message: `${at} 'Member must have length greater than or equal to 1'`,
    })
  })

  it('A caller needs the permission on every repository that is named', async () => {
    const Resource = repositoryArn
    const statement = { Effect: 'Allow', Action: 'ecr:BatchGetRepositoryScanningConfiguration', Resource }
    const reader = { policies: [{ Version: '2012-10-17', Statement: [statement] }], accessKeys: { AKREADER: 'secret' } }
    await using emulator = await startEmulator({ accounts: { [account]: { users: { reader } } } })
    expect((await configurations(emulator.as('AKREADER'), 'app')).failures).toHaveLength(1)
    await expect(configurations(emulator.as('AKREADER'), 'app', 'other')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:BatchGetRepositoryScanningConfiguration on resource: arn:aws:ecr:us-east-1:${account}:repository/other because no identity-based policy allows the ecr:BatchGetRepositoryScanningConfiguration action`,
    })
  })
})
