import {
  type ECRClient,
  GetRegistryScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  type PutRegistryScanningConfigurationRequest,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { scanningChangesTask } from '../../../src/background/scanning/scanning-changes.js'
import { eventLog } from '../../../src/registry/event-log.js'
import { installation } from '../../../src/registry/registry.js'
import { account, now, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'
import { scanningRule } from '../../support/scanning.js'

const put = async (ecr: ECRClient, request: PutRegistryScanningConfigurationRequest) =>
  (await ecr.send(new PutRegistryScanningConfigurationCommand(request))).registryScanningConfiguration

const get = async (ecr: ECRClient) => {
  const { registryId, scanningConfiguration } = await ecr.send(new GetRegistryScanningConfigurationCommand())
  return { registryId, scanningConfiguration }
}

const refusal = (message: string) => ({ name: 'InvalidParameterException', message })

describe('the scanning configuration of a registry', () => {
  it('GetRegistryScanningConfiguration returns BASIC without rules before any was put', async () => {
    await using emulator = await startEmulator()
    expect(await get(emulator.ecr)).toEqual({
      registryId: account,
      scanningConfiguration: { scanType: 'BASIC', rules: [] },
    })
  })

  it('PutRegistryScanningConfiguration replaces the whole configuration of one Region', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    const rules = [scanningRule('CONTINUOUS_SCAN', 'prod*'), scanningRule('SCAN_ON_PUSH', '*')]
    expect(await put(ecr, { scanType: 'ENHANCED', rules })).toEqual({ scanType: 'ENHANCED', rules })
    expect((await get(ecr)).scanningConfiguration).toEqual({ scanType: 'ENHANCED', rules })
    expect((await get(emulator.as('AKIDEXAMPLE', 'eu-west-1'))).scanningConfiguration?.scanType).toBe('BASIC')
    expect(await put(ecr, {})).toEqual({ scanType: 'BASIC', rules: [] })
    expect((await get(ecr)).scanningConfiguration).toEqual({ scanType: 'BASIC', rules: [] })
  })

  it.each<[string, PutRegistryScanningConfigurationRequest, string]>([
    [
      'continuous scanning with BASIC',
      { scanType: 'BASIC', rules: [scanningRule('CONTINUOUS_SCAN', '*')] },
      "Invalid parameter at 'rules' failed to satisfy constraint: 'CONTINUOUS_SCAN is not supported when scanType is set as BASIC'",
    ],
    [
      'manual scanning with ENHANCED',
      { scanType: 'ENHANCED', rules: [scanningRule('MANUAL', '*')] },
      "Invalid parameter at 'rules' failed to satisfy constraint: 'MANUAL is not supported when scanType is set as ENHANCED'",
    ],
    [
      'three rules',
      { rules: ['a', 'b', 'c'].map((filter) => scanningRule('SCAN_ON_PUSH', filter)) },
      "Invalid parameter at 'rules' failed to satisfy constraint: 'Member must have length less than or equal to 2'",
    ],
    [
      'a filter with capitals',
      { rules: [scanningRule('SCAN_ON_PUSH', 'Prod')] },
      "Invalid parameter at 'rules.1.member.repositoryFilters.1.member.filter' failed to satisfy constraint: 'Member must satisfy regular expression pattern: ^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$'",
    ],
  ])('PutRegistryScanningConfiguration refuses %s', async (_, request, message) => {
    await using emulator = await startEmulator()
    await expect(put(emulator.ecr, request)).rejects.toMatchObject(refusal(message))
    expect((await get(emulator.ecr)).scanningConfiguration).toEqual({ scanType: 'BASIC', rules: [] })
  })

  it('A caller needs the permission on everything', async () => {
    const statement = { Effect: 'Allow', Action: 'ecr:GetRegistryScanningConfiguration', Resource: '*' }
    const reader = { policies: [{ Version: '2012-10-17', Statement: [statement] }], accessKeys: { AKREADER: 'secret' } }
    await using emulator = await startEmulator({ accounts: { [account]: { users: { reader } } } })
    expect((await get(emulator.as('AKREADER'))).registryId).toBe(account)
    await expect(put(emulator.as('AKREADER'), {})).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:PutRegistryScanningConfiguration on resource: * because no identity-based policy allows the ecr:PutRegistryScanningConfiguration action`,
    })
  })
})

describe('the event ECR Scan Resource Change', () => {
  async function emulatorWithRepositories(count = 1) {
    const emulator = await startEmulator()
    for (let i = 0; i < count; i++) await createRepository(emulator.ecr, `prod/${String(i).padStart(3, '0')}`)
    await createRepository(emulator.ecr, 'test')
    const announce = async () => {
      const task = scanningChangesTask({ ...emulator.deps, events: eventLog(emulator.deps) })
      await task.run(new AbortController().signal)
      return (await emulator.deps.store.events.list(installation, { limit: 100 })).items
    }
    return { ...emulator, announce }
  }

  it('is recorded once for the repositories whose frequency has changed with enhanced scanning', async () => {
    await using emulator = await emulatorWithRepositories()
    await put(emulator.ecr, { scanType: 'ENHANCED', rules: [scanningRule('CONTINUOUS_SCAN', 'prod/*')] })

    const [event, ...others] = await emulator.announce()
    expect(others).toEqual([])
    expect(event).toMatchObject({
      version: '0',
      'detail-type': 'ECR Scan Resource Change',
      source: 'aws.ecr',
      account,
      time: now.toISOString(),
      region: 'us-east-1',
      resources: [],
      detail: {
        'action-type': 'SCAN_FREQUENCY_CHANGE',
        repositories: [
          {
            'repository-name': 'prod/000',
            'repository-arn': `arn:aws:ecr:us-east-1:${account}:repository/prod/000`,
            'scan-frequency': 'CONTINUOUS_SCAN',
            'previous-scan-frequency': 'MANUAL',
          },
        ],
        'resource-type': 'REPOSITORY',
        'scan-type': 'ENHANCED',
      },
    })
    expect(await emulator.announce()).toHaveLength(1)
  })

  it('compares with the configuration before all that were put since the last event', async () => {
    await using emulator = await emulatorWithRepositories()
    await put(emulator.ecr, { scanType: 'ENHANCED', rules: [scanningRule('CONTINUOUS_SCAN', '*')] })
    await put(emulator.ecr, { scanType: 'ENHANCED', rules: [scanningRule('SCAN_ON_PUSH', 'test')] })
    const [event] = await emulator.announce()
    expect(event?.detail).toMatchObject({
      repositories: [
        { 'repository-name': 'test', 'scan-frequency': 'SCAN_ON_PUSH', 'previous-scan-frequency': 'MANUAL' },
      ],
    })
  })

  it('is not recorded with basic scanning', async () => {
    await using emulator = await emulatorWithRepositories()
    await put(emulator.ecr, { scanType: 'BASIC', rules: [scanningRule('SCAN_ON_PUSH', '*')] })
    expect(await emulator.announce()).toEqual([])
  })

  it('names at most 100 repositories', async () => {
    await using emulator = await emulatorWithRepositories(101)
    await put(emulator.ecr, { scanType: 'ENHANCED', rules: [scanningRule('SCAN_ON_PUSH', 'prod/*')] })
    const named = (await emulator.announce()).map(
      ({ detail }) => 'repositories' in detail && detail.repositories.length,
    )
    expect(named).toEqual([100, 1])
  })
})
