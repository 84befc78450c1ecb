import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/config.js'
import { readConfig } from '../../src/config/read-config.js'
import type { SettingTexts } from '../../src/config/settings.js'
import { UsageError } from '../../src/config/usage-error.js'

const folder = mkdtempSync(join(tmpdir(), 'ecr-local-variables-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(content: object): string {
  const path = join(folder, 'ecr-local.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

function refusalOf(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig({}, environment)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }
  throw new Error('was accepted')
}

describe('variables of LocalStack', () => {
  const addressed = 'GATEWAY_LISTEN must be addresses like 0.0.0.0:4566, :4566 or [::]:4566, with commas between them'

  it.each<[NodeJS.ProcessEnv, object]>([
    [{ LOCALSTACK_HOST: 'ecr.test' }, { registryHost: 'ecr.test:{port}' }],
    [{ LOCALSTACK_HOST: 'localhost.localstack.cloud:4566' }, { registryHost: 'localhost.localstack.cloud:4566' }],
    [{ LOCALSTACK_HOST: 'localhost:4566' }, { registryHost: 'localhost:4566' }],
    [{ LOCALSTACK_HOST: 'localhost' }, { registryHost: undefined }],
    [{ PERSISTENCE: '1' }, { store: 'embedded' }],
    [{ PERSISTENCE: 'true' }, { store: 'embedded' }],
    [{ PERSISTENCE: '0' }, { store: 'memory' }],
    [{ PERSISTENCE: 'False' }, { store: 'memory' }],
    [{ LOCALSTACK_PERSISTENCE: '0', PERSISTENCE: '1' }, { store: 'memory' }],
    [{ DEBUG: '1' }, { log: 'debug' }],
    [{ DEBUG: 'true' }, { log: 'debug' }],
    [{ LOCALSTACK_DEBUG: '1' }, { log: 'debug' }],
    [{ DEBUG: '0' }, { log: 'info' }],
    [{ DEBUG: 'express:*' }, { log: 'info' }],
    [{ LS_LOG: 'trace-internal' }, { log: 'trace' }],
    [{ LS_LOG: 'WARNING', DEBUG: '1' }, { log: 'warn' }],
    [{ GATEWAY_LISTEN: '0.0.0.0:4567' }, { host: '0.0.0.0', port: 4567, furtherAddresses: [] }],
    [{ GATEWAY_LISTEN: '0.0.0.0' }, { host: '0.0.0.0', port: 4566 }],
    [{ GATEWAY_LISTEN: ':4567' }, { host: '127.0.0.1', port: 4567 }],
    [{ GATEWAY_LISTEN: '[::1]' }, { host: '::1', port: 4566 }],
    [
      { GATEWAY_LISTEN: '127.0.0.1:4566, [::1]:4566,:443' },
      {
        host: '127.0.0.1',
        port: 4566,
        furtherAddresses: [
          { host: '::1', port: 4566 },
          { host: '127.0.0.1', port: 443 },
        ],
      },
    ],
  ])('The variables of LocalStack %j mean %j', (environment, settings) => {
    expect(readConfig({}, environment)).toMatchObject(settings)
  })

  it.each([
    ['127.0.0.1:4566,0.0.0.0:4566,localhost:4566', ['0.0.0.0 4566']],
    ['0.0.0.0:4566,[::]:4566,[::1]:4566', [':: 4566']],
    ['0.0.0.0:4566,[::1]:4566', ['0.0.0.0 4566', '::1 4566']],
    ['127.0.0.1:4566,127.0.0.1:4566', ['127.0.0.1 4566']],
    ['127.0.0.1:0,127.0.0.1:0', ['127.0.0.1 0', '127.0.0.1 0']],
    ['0.0.0.0:4566,127.0.0.1:443', ['0.0.0.0 4566', '127.0.0.1 443']],
  ])('The list %j is listened on as far as no address includes another: %j', (text, expected) => {
    const { host, port, furtherAddresses } = readConfig({}, { GATEWAY_LISTEN: text })
    const all = [{ host, port }, ...furtherAddresses]
    expect(all.map((address) => `${address.host} ${address.port}`)).toEqual(expected)
  })

  it.each([
    [
      { LOCALSTACK_HOST: 'http://ecr.test' },
      'LOCALSTACK_HOST must be a host name with or without a port, not "http://ecr.test"',
    ],
    [
      { LOCALSTACK_HOST: 'ecr.test:99999' },
      'LOCALSTACK_HOST must be a host name with or without a port, not "ecr.test:99999"',
    ],
    [{ PERSISTENCE: 'yes' }, 'PERSISTENCE must be 1 (state is kept in --data-dir) or 0 (in memory), not "yes"'],
    [{ LS_LOG: 'loud' }, 'LS_LOG must be one of trace-internal, trace, debug, info, warn, warning, error, not "loud"'],
    ...['http://0.0.0.0:4566', '0.0.0.0:port', '0.0.0.0:65536', '::1', '[::x]:4566', '0.0.0.0:4566,', ':'].map(
      (text): [NodeJS.ProcessEnv, string] => [
        { GATEWAY_LISTEN: text },
        `${addressed}, not ${JSON.stringify(text.split(',').at(-1))}`,
      ],
    ),
  ])('The variables of LocalStack %j are refused in one line', (environment, message) => {
    expect(refusalOf(environment)).toBe(message)
  })

  it('The variables of LocalStack count as unset where they are empty', () => {
    const empty = { LOCALSTACK_HOST: '', PERSISTENCE: '', DEBUG: '', LS_LOG: '', GATEWAY_LISTEN: '' }
    expect(readConfig({}, empty)).toEqual(defaultConfig)
  })

  const all = { LOCALSTACK_HOST: 'a.test', PERSISTENCE: '0', DEBUG: '1', GATEWAY_LISTEN: '0.0.0.0:1,0.0.0.0:2' }
  const ours = { registryHost: 'b.test', store: 'embedded', log: 'warn', port: 3 } as const
  const texts: SettingTexts = { ...ours, port: '3' }
  const decided = { ...ours, host: '127.0.0.1', furtherAddresses: [] }

  it.each<[string, SettingTexts, NodeJS.ProcessEnv]>([
    ['a flag', texts, all],
    [
      'a variable of ours',
      {},
      {
        ...all,
        ECR_LOCAL_REGISTRY_HOST: 'b.test',
        ECR_LOCAL_STORE: 'embedded',
        ECR_LOCAL_LOG: 'warn',
        ECR_LOCAL_PORT: '3',
      },
    ],
    ['the file', { config: fileOf(ours) }, all],
  ])('The variables of LocalStack yield to %s', (_, flags, environment) => {
    expect(readConfig(flags, environment)).toMatchObject(decided)
  })

  it('The variables of LocalStack are not even checked where ours decide', () => {
    const wrong = { LOCALSTACK_HOST: '//', PERSISTENCE: 'perhaps', LS_LOG: 'loud', GATEWAY_LISTEN: '//' }
    expect(readConfig(texts, wrong)).toMatchObject(decided)
  })

  it('The variables of LocalStack leave the address to a host of ours and take the ports', () => {
    const config = readConfig({ host: '127.0.0.2' }, { GATEWAY_LISTEN: '0.0.0.0:4567,[::1]:443' })
    expect(config).toMatchObject({
      host: '127.0.0.2',
      port: 4567,
      furtherAddresses: [{ host: '127.0.0.2', port: 443 }],
    })
  })
})
