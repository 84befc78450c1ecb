import { CreateRepositoryCommand, DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { banner } from '../../src/cli/banner.js'
import { certs } from '../../src/cli/certs-command.js'
import { start } from '../../src/cli/start.js'
import { hostsFileLines, registriesWithRealNames } from '../../src/compose/real-name-coverage.js'
import { defaultConfig } from '../../src/config/config.js'
import { readConfig } from '../../src/config/read-config.js'
import { noInitScripts } from '../../src/localstack/init-status.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import type { Registry } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import type { BackgroundProcess } from '../support/background-process.js'
import { describeWith, namespaceNeeds } from '../support/describe-with.js'
import { type MachineWithNames, machineWithNames } from '../support/machine-with-names.js'
import { silent } from '../support/silent-log.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const DEFAULT: Registry = { account: '000000000000', region: 'us-east-1' }
const NAME = '000000000000.dkr.ecr.us-east-1.amazonaws.com'

describe('the registries that have real names', () => {
  const registriesOf = async (settings: Parameters<typeof registriesWithRealNames>[0], stored: Registry[] = []) => {
    const store = storeOf(memoryKeyValue())
    for (const registry of stored)
      await store.repositories.insert(registry, 'app', newRepository('app', new Date('2026-01-02')))
    return registriesWithRealNames(settings, store)
  }
  const nothing = { accounts: undefined, awsRegion: undefined }

  it('Where nothing is known it is the default account in us-east-1', async () => {
    expect(await registriesOf(nothing)).toEqual([DEFAULT])
    expect(await registriesWithRealNames(nothing)).toEqual([DEFAULT])
  })

  it('AWS_REGION replaces us-east-1, unless it is no Region', async () => {
    expect(await registriesOf({ ...nothing, awsRegion: 'eu-west-1' })).toEqual([{ ...DEFAULT, region: 'eu-west-1' }])
    expect(await registriesOf({ ...nothing, awsRegion: 'local' })).toEqual([DEFAULT])
    expect(readConfig({}, { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }).awsRegion).toBe('eu-west-1')
    expect(readConfig({}, { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' }).awsRegion).toBe('eu-west-2')
  })

  it('Every configured account has them in every known Region, the default account if no other has access keys', async () => {
    const accounts = {
      '111122223333': { users: { me: { accessKeys: { AKIAEXAMPLE: 'secret' } } } },
      '444455556666': {},
    }
    const [keys, noKeys] = [accounts, { '444455556666': {} }]
    const names = async (...settings: Parameters<typeof registriesOf>) =>
      (await registriesOf(...settings)).map(({ account, region }) => `${account} ${region}`)
    expect(await names({ accounts: keys, awsRegion: 'eu-west-1' })).toEqual([
      '111122223333 eu-west-1',
      '444455556666 eu-west-1',
    ])
    expect(await names({ ...nothing, accounts: noKeys }, [{ account: '777788889999', region: 'eu-west-2' }])).toEqual([
      '000000000000 eu-west-2',
      '444455556666 eu-west-2',
      '777788889999 eu-west-2',
    ])
  })

  it.each(['cn-north-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'eusc-de-east-1'])(
    'The names of the Region %s end otherwise, so it has none',
    async (region) => {
      expect(await registriesOf({ ...nothing, awsRegion: region }, [{ ...DEFAULT, region }])).toEqual([DEFAULT])
    },
  )

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.2', '127.0.0.2'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::1', '::1'],
    ['localhost', '127.0.0.1'],
    ['192.0.2.7', '192.0.2.7'],
  ])('With --host %s the lines of the hosts file lead to %s, with at most 9 names each', (host, address) => {
    const lines = hostsFileLines([DEFAULT], host)
    for (const line of lines) {
      expect(line.startsWith(`${address} `)).toBe(true)
      expect(line.split(' ').length).toBeLessThanOrEqual(10)
    }
    expect(lines[0]).toContain(` ${NAME} `)
  })
})

describe('ecr-local certs --real-names', () => {
  it('The certificate covers every name in the hosts file and every account, but no other Region', async () => {
    await using directory = await temporaryDirectory()
    const dir = join(directory.path, 'tls')
    const text = await certs(defaultConfig, { dir, registries: [DEFAULT, { ...DEFAULT, region: 'eu-west-1' }] })
    expect(text).toMatch(/^A certificate for the names of ECR and STS in us-east-1, eu-west-1, and for localhost, /)
    expect(text).toContain(`--real-names --tls-cert ${dir}/server.crt --tls-key ${dir}/server.key\n`)
    expect(text).toContain(`cp ${dir}/ca.crt /etc/docker/certs.d/${NAME}/ca.crt`)
    const certificate = new X509Certificate(await readFile(join(dir, 'server.crt')))
    const names = [...text.matchAll(/^127\.0\.0\.1 (.*)$/gm)].flatMap(([, line = '']) => line.split(' '))
    expect(names).toHaveLength(2 * (4 + 7 + 4) + 1)
    for (const name of [...names, '111122223333.dkr.ecr.eu-west-1.amazonaws.com'])
      expect(certificate.checkHost(name), name).toBeDefined()
    expect(certificate.checkHost(NAME.replace('us-east-1', 'us-west-2'))).toBeUndefined()
  })
})

describe('the banner of a start with real names', () => {
  it('It has the lines for the hosts file, and commands with a real name', () => {
    const hostsFile = hostsFileLines([DEFAULT], '127.0.0.1')
    const at = { endpoint: 'http://localhost:4566', registry: 'localhost:4566' }
    const text = banner({ ...at, hostsFile }, { ...defaultConfig, realNames: true }, false)
    for (const line of hostsFile) expect(text).toContain(`\n  ${line}\n`)
    expect(text).toContain(`docker pull ${NAME}/ecr-public/nginx/nginx:latest`)
    const elsewhere = { ...at, hostsFile: hostsFileLines([{ ...DEFAULT, region: 'eu-west-1' }], '127.0.0.1') }
    expect(banner(elsewhere, { ...defaultConfig, realNames: true }, false)).toContain(' AWS_DEFAULT_REGION=eu-west-1\n')
    expect(banner(at, defaultConfig, false)).not.toContain('hosts')
  })
})

describe('--real-names among other settings', () => {
  it.each([[{ port: '443' }], [{ registryPort: '443' }]])('The planes cannot have port 443 themselves: %j', (flags) => {
    expect(() => readConfig({ ...flags, realNames: 'true' }, {})).toThrow(
      '--real-names listens on port 443 itself: choose another port for the planes',
    )
  })

  it.each(['control-plane', 'data-plane'] as const)('ecr-local %s does not take it', async (plane) => {
    await expect(start(plane, { ...defaultConfig, realNames: true }, silent, noInitScripts)).rejects.toThrow(
      `--real-names is for ecr-local start, not for ${plane}: both planes answer on port 443`,
    )
  })

  it('ECR_LOCAL_REAL_NAMES is true or false', () => {
    expect(readConfig({}, { ECR_LOCAL_REAL_NAMES: 'true' }).realNames).toBe(true)
    expect(readConfig({}, { ECR_LOCAL_REAL_NAMES: 'false' }).realNames).toBe(false)
    expect(() => readConfig({}, { ECR_LOCAL_REAL_NAMES: 'yes' })).toThrow(
      'ECR_LOCAL_REAL_NAMES must be true or false, not "yes"',
    )
  })
})

describeWith(namespaceNeeds, 'ecr-local start --real-names', () => {
  let machine: MachineWithNames
  let emulator: BackgroundProcess
  beforeAll(async () => {
    machine = await machineWithNames()
  })
  afterAll(async () => {
    await machine[Symbol.asyncDispose]()
    await emulator.stop()
  })
  const refusalOf = async (...flags: string[]) => {
    const { exitCode, stderr } = await machine.ecrLocal(
      'start',
      '--real-names',
      '--store',
      'memory',
      '--port',
      '0',
      ...flags,
    )
    expect(exitCode).toBe(2)
    return stderr.trim()
  }
  const create = (repositoryName: string) => new CreateRepositoryCommand({ repositoryName })

  it('A start without a certificate for the names says which command makes it', async () => {
    const advice = 'make it with ecr-local certs --real-names'
    expect(await refusalOf()).toBe(
      `ecr-local: --real-names needs a certificate, and there is no certs/server.crt: ${advice}`,
    )
    await machine.ecrLocal('certs')
    expect(await refusalOf()).toBe(`ecr-local: certs/server.crt does not cover ${NAME}: ${advice}`)
  })

  it('Both planes answer to the names of AWS on port 443, and beside it on the usual port', async () => {
    expect((await machine.ecrLocal('certs', '--real-names')).exitCode).toBe(0)
    emulator = await machine.startRealNames('--data-dir', 'data')
    const ecr = await machine.ecr()
    const { repository } = await ecr.send(create('team/app'))
    expect(repository?.repositoryUri).toBe(`${NAME}/team/app`)
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
    expect(authorizationData?.[0]?.proxyEndpoint).toBe(`https://${NAME}`)
    const plain = await machine.get('http://localhost:4566/health')
    expect(await plain.body.json()).toMatchObject({ status: 'ok' })
    const challenge = await machine.get(`https://${NAME}/v2/`)
    expect(challenge.statusCode).toBe(401)
    expect(challenge.headers['www-authenticate']).toBe(`Basic realm="https://${NAME}/",service="ecr.amazonaws.com"`)
    await challenge.body.dump()
  })

  it.each([
    ['dual-stack', { useDualstackEndpoint: true }],
    ['FIPS', { useFipsEndpoint: true }],
    ['dual-stack FIPS', { useDualstackEndpoint: true, useFipsEndpoint: true }],
  ])('The %s endpoints of ECR and STS lead here, too', async (_, endpoints) => {
    const ecr = await machine.ecr(endpoints)
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories?.map(({ repositoryUri }) => repositoryUri)).toEqual([`${NAME}/team/app`])
    const { Account } = await (await machine.sts(endpoints)).send(new GetCallerIdentityCommand({}))
    expect(Account).toBe(DEFAULT.account)
  })

  it('A second start on port 443 is refused, and so is one by a user who may not have that port', async () => {
    expect(await refusalOf()).toMatch(
      /^ecr-local: Port 443 is in use by both planes of another ecr-local .*: use that one, stop it, or give ecr-local a loopback address of its own with --host 127\.0\.0\.2$/,
    )
    const unprivileged = await machine.ecrLocalWithout(
      'net_bind_service',
      'start',
      '--real-names',
      '--store',
      'memory',
      '--host',
      '127.0.0.2',
    )
    expect(unprivileged.stderr.trim()).toMatch(
      /^ecr-local: This user may not listen on port 443, which --real-names needs: start it as root, or allow it with sudo sysctl net\.ipv4\.ip_unprivileged_port_start=443, or /,
    )
    expect(unprivileged.exitCode).toBe(2)
  })

  it('After the first repository in another Region, certs and SIGHUP add its names to running planes', async () => {
    const elsewhere = await machine.ecr({ region: 'eu-west-1' })
    await expect(elsewhere.send(create('team/app'))).rejects.toThrow(/certificate's altnames/)
    const here = await machine.ecr({ region: 'eu-west-1', endpoint: 'https://api.ecr.us-east-1.amazonaws.com' })
    await here.send(create('team/app'))
    const { stdout } = await machine.ecrLocal('certs', '--real-names', '--data-dir', 'data')
    expect(stdout).toContain('in us-east-1, eu-west-1, ')
    expect(stdout).toMatch(/^127\.0\.0\.1 000000000000\.dkr\.ecr\.eu-west-1\.amazonaws\.com /m)
    await machine.signal('HUP')
    await emulator.line(/the certificate was read again/)
    const { repositories } = await (
      await machine.ecr({ region: 'eu-west-1' })
    ).send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([{ repositoryUri: `${NAME.replace('us-east-1', 'eu-west-1')}/team/app` }])
  })

  it('A start whose certificate lacks a Region of the store says so in the log', async () => {
    const here = await machine.ecr({ region: 'ap-south-1', endpoint: 'https://api.ecr.us-east-1.amazonaws.com' })
    await here.send(create('team/app'))
    await machine.signal('TERM')
    await emulator.stop()
    emulator = await machine.startRealNames('--data-dir', 'data')
    const warning = JSON.parse(await emulator.line(/does not cover all real names/)) as { missing: string[] }
    expect(warning.missing).toEqual([NAME.replace('us-east-1', 'ap-south-1'), 'api.ecr.ap-south-1.amazonaws.com'])
  })
})
