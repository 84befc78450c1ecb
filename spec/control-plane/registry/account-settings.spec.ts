import { GetAccountSettingCommand, PutAccountSettingCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { accountSetting } from '../../../src/registry/account-settings.js'
import { account, region, startEmulator } from '../../support/emulator.js'

const get = (name: string) => new GetAccountSettingCommand({ name })
const put = (name: string, value: string) => new PutAccountSettingCommand({ name, value })
const registry = { account, region }

describe('GetAccountSetting', () => {
  it.each([
    ['REGISTRY_POLICY_SCOPE', 'V2'],
    ['BLOB_MOUNTING', 'ENABLED'],
    ['BASIC_SCAN_TYPE_VERSION', 'AWS_NATIVE'],
  ])('GetAccountSetting in a new registry returns %s with the value %s', async (name, value) => {
    await using emulator = await startEmulator()
    expect(await emulator.ecr.send(get(name))).toMatchObject({ name, value })
  })

  it.each(['SOMETHING_ELSE', 'constructor', 'blob_mounting'])('GetAccountSetting refuses %s', async (name) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get(name))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'name' failed to satisfy constraint: 'Member must satisfy enum value set: [REGISTRY_POLICY_SCOPE, BLOB_MOUNTING, BASIC_SCAN_TYPE_VERSION]'",
    })
  })
})

describe('PutAccountSetting', () => {
  it.each([
    ['REGISTRY_POLICY_SCOPE', 'V1'],
    ['REGISTRY_POLICY_SCOPE', 'V2'],
    ['BLOB_MOUNTING', 'DISABLED'],
    ['BLOB_MOUNTING', 'ENABLED'],
    ['BASIC_SCAN_TYPE_VERSION', 'AWS_NATIVE'],
  ] as const)('PutAccountSetting sets %s to %s', async (name, value) => {
    await using emulator = await startEmulator()
    expect(await emulator.ecr.send(put(name, value))).toMatchObject({ name, value })
    expect(await emulator.ecr.send(get(name))).toMatchObject({ name, value })
    expect(await accountSetting(emulator.deps.store, registry, name)).toBe(value)
  })

  it('PutAccountSetting sets a value in one Region only', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(put('BLOB_MOUNTING', 'DISABLED'))
    expect(await emulator.as('AKIDEXAMPLE', 'eu-west-1').send(get('BLOB_MOUNTING'))).toMatchObject({ value: 'ENABLED' })
  })

  it.each([
    ['REGISTRY_POLICY_SCOPE', 'V3', 'V2, V1'],
    ['BLOB_MOUNTING', 'enabled', 'ENABLED, DISABLED'],
    ['BASIC_SCAN_TYPE_VERSION', 'CLAIR', 'AWS_NATIVE'],
  ])('PutAccountSetting refuses to set %s to %s', async (name, value, possible) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put(name, value))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at 'value' failed to satisfy constraint: 'Member must satisfy enum value set: [${possible}]'`,
    })
  })

  it('PutAccountSetting refuses an unknown setting', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put('SOMETHING_ELSE', 'V1'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })

  it('The condition key ecr:AccountSetting limits a permission to some account settings', async () => {
    const StringEquals = { 'ecr:AccountSetting': 'BLOB_MOUNTING' }
    const only = { Effect: 'Allow', Action: 'ecr:*AccountSetting', Resource: '*', Condition: { StringEquals } }
    const policies = [{ Version: '2012-10-17', Statement: [only] }]
    const accounts = { [account]: { users: { dev: { accessKeys: { AKIDDEV: 'secret' }, policies } } } }
    await using emulator = await startEmulator({ accounts })
    const dev = emulator.as('AKIDDEV')
    await expect(dev.send(put('BLOB_MOUNTING', 'DISABLED'))).resolves.toBeDefined()
    await expect(dev.send(get('BLOB_MOUNTING'))).resolves.toBeDefined()
    for (const call of [dev.send(put('REGISTRY_POLICY_SCOPE', 'V1')), dev.send(get('REGISTRY_POLICY_SCOPE'))])
      await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})
