import { Ajv } from 'ajv'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { help } from '../../src/cli/help.js'
import { defaultConfig } from '../../src/config/config.js'
import { readConfig } from '../../src/config/read-config.js'
import { parseFindingsFile } from '../../src/config/parse-findings.js'
import { brokenRule } from '../../src/config/rules.js'
import { settings } from '../../src/config/settings.js'
import { operationNames } from '../../src/smithy/model.js'
import { UsageError } from '../../src/config/usage-error.js'

const folder = mkdtempSync(join(tmpdir(), 'ecr-local-config-'))
const path = join(folder, 'settings.json')
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (content: unknown) => {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const read = (content: unknown) => readConfig({ config: fileOf(content) }, {})
const refusalOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message.replace(path, 'settings.json')
  }
  throw new Error('was accepted')
}
const long = 'a secret of more than 32 characters'.replaceAll(' ', '-')
const stores =
  'embedded, memory, or one of redis://host:6379/0, rediss://host:6379/0, redis-sentinel://a:26379,b:26379/mymaster, redis-cluster://a:7000,b:7001'
const policy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'ecr:*', Resource: '*' } }
const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
}
const schema = JSON.parse(readFileSync(new URL('../../ecr-local.schema.json', import.meta.url), 'utf8')) as {
  properties: Record<string, { default?: unknown; properties?: Record<string, { default: unknown }> }>
}

const seedSchema = JSON.parse(readFileSync(new URL('../../seed.schema.json', import.meta.url), 'utf8')) as object

describe('settings', () => {
  it('Settings that are not set have their defaults', () => {
    expect(readConfig({}, {})).toEqual(defaultConfig)
  })

  it('A setting comes from its flag, then the environment, then the file', () => {
    const config = fileOf({ port: 1, registryPort: 1, host: '127.0.0.3', store: 'memory' })
    const environment = { ECR_LOCAL_PORT: '2', ECR_LOCAL_REGISTRY_PORT: '2', ECR_LOCAL_CONFIG: config }
    expect(readConfig({ port: '3' }, environment)).toMatchObject({
      ...{ port: 3, registryPort: 2, host: '127.0.0.3', store: 'memory', log: 'info' },
    })
  })

  it('docs/settings.md has a row for every flag and names every setting of the file', () => {
    const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8')
    for (const { flag, environment } of settings) expect(page).toContain(`| \`${flag}\` | \`${environment}\` | `)
    const flags = new Set<string>(settings.map(({ name }) => name))
    const inFile = Object.keys(schema.properties).filter((name) => name !== '$schema' && !flags.has(name))
    for (const name of inFile) expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| `, 'm'))
    for (const name of inFile) expect(help()).toMatch(new RegExp(`\\b${name}\\b`))
  })

  it.each(settings.filter(({ name }) => name !== 'config'))(
    'The setting $name can be set by $flag, by $environment and in the file',
    (one) => {
      const values: Record<string, string> = {
        ...{ store: 'memory', log: 'warn', auth: 'relaxed', port: '7', registryPort: '7', blobs: 's3://images/team' },
        ...{ blobDelivery: 'stream', secret: long, adminToken: long, dataPlane: 'http://data-plane:4510' },
        realNames: 'true',
      }
      const value = values[one.name] ?? 'elsewhere'
      const expected = one.isSwitch ? true : one.name.toLowerCase().endsWith('port') ? 7 : value
      const pair = { tlsCert: { tlsKey: 'key.pem' }, tlsKey: { tlsCert: 'cert.pem' } }[one.name as 'tlsCert' | 'tlsKey']
      expect(readConfig({ ...pair, [one.name]: value }, {})).toHaveProperty(one.name, expected)
      expect(readConfig({ ...pair }, { [one.environment]: value })).toHaveProperty(one.name, expected)
      expect(read({ ...pair, [one.name]: expected })).toHaveProperty(one.name, expected)
    },
  )

  it('The address of EventBridge comes from the variable of the SDKs, then from the file', () => {
    const config = fileOf({ eventBridgeEndpoint: 'http://in-file:4566' })
    expect(readConfig({ config }, {}).eventBridgeEndpoint).toBe('http://in-file:4566')
    const environment = { AWS_ENDPOINT_URL_EVENTS: 'http://localstack:4566' }
    expect(readConfig({ config }, environment).eventBridgeEndpoint).toBe('http://localstack:4566')
    expect(readConfig({}, { AWS_ENDPOINT_URL_EVENTS: '' }).eventBridgeEndpoint).toBeUndefined()
    expect(refusalOf(() => readConfig({}, { AWS_ENDPOINT_URL_EVENTS: 'localstack' }))).toBe(
      'AWS_ENDPOINT_URL_EVENTS must be an http:// or https:// address without user, query or fragment, not "localstack"',
    )
  })

  it('The addresses of Services that Kubernetes puts into the environment are not settings', () => {
    const links = { ECR_LOCAL_PORT: 'tcp://10.0.0.1:4566', ECR_LOCAL_REGISTRY_PORT: 'tcp://10.0.0.2:4510' }
    expect(readConfig({}, { ECR_LOCAL_SERVICE_HOST: '10.0.0.1', ...links })).toEqual(defaultConfig)
  })

  it('An empty environment variable counts as not set', () => {
    expect(readConfig({}, { ECR_LOCAL_PORT: '', ECR_LOCAL_CONFIG: '' }).port).toBe(4566)
  })

  it('The settings cannot be changed once they are read', () => {
    expect(Object.isFrozen(readConfig({}, {}))).toBe(true)
  })

  it.each([
    [{ port: 'abc' }, '--port must be a port: a whole number from 0 to 65535, not "abc"'],
    [{ port: '65536' }, '--port must be a port: a whole number from 0 to 65535, not 65536'],
    [{ registryPort: '-1' }, '--registry-port must be a port: a whole number from 0 to 65535, not "-1"'],
    [{ store: 'redis' }, `--store must be ${stores}, not "redis"`],
    [{ store: 'redis-sentinel://a:26379' }, `--store must be ${stores}, not "redis-sentinel://a:26379"`],
    [{ blobs: 's3:bucket' }, '--blobs must be disk or s3://bucket/prefix, not "s3:bucket"'],
    [{ blobDelivery: 'proxy' }, '--blob-delivery must be one of redirect, stream, not "proxy"'],
    [{ secret: 'SHORT' }, '--secret must be 32 characters or more'],
    [{ adminToken: 'SHORT' }, '--admin-token must be 16 characters or more, of letters, digits and -._~+/='],
    [
      { adminToken: 'NOT A TOKEN AT ALL' },
      '--admin-token must be 16 characters or more, of letters, digits and -._~+/=',
    ],
    [
      { dataPlane: 'http://host/path' },
      '--data-plane must be an http:// or https:// address without user, path or query, not "http://host/path"',
    ],
    [
      { store: 'memory', blobs: 's3://bucket' },
      '--store memory keeps images in memory too: --blobs s3://… needs --store embedded or a Redis URL',
    ],
    [{ tlsCert: 'c' }, '--tls-cert needs --tls-key: a certificate and its key, both PEM files'],
    [{ tlsKey: 'k' }, '--tls-key needs --tls-cert: a certificate and its key, both PEM files'],
    [{ auth: 'none' }, '--auth must be one of strict, relaxed, not "none"'],
    [{ log: 'loud' }, '--log must be one of silent, fatal, error, warn, info, debug, trace, not "loud"'],
  ])('The flag %j is refused with the values that are allowed', (flags, message) => {
    expect(refusalOf(() => readConfig(flags, {}))).toBe(message)
  })

  it.each(['http://x', 'localhost:4566', '[::1]:4566'])(
    'The host %s is refused, since it has a scheme or a port',
    (host) => {
      expect(refusalOf(() => readConfig({ host }, {}))).toBe(
        `--host must be an address or a host name without a scheme or a port, which goes into --port, not "${host}"`,
      )
    },
  )

  it.each(['localhost', '::1', '::', 'fe80::1', '10.0.0.1', 'registry.internal'])('The host %s is accepted', (host) => {
    expect(readConfig({ host }, {}).host).toBe(host)
  })

  it('The refusal of an environment variable names that variable', () => {
    const message = refusalOf(() => readConfig({}, { ECR_LOCAL_STORE: 'redis' }))
    expect(message).toBe(`ECR_LOCAL_STORE must be ${stores}, not "redis"`)
  })

  it.each([
    ...[
      'redis://redis',
      'redis://user:p@ss/w@redis:6379/0',
      'rediss://:pw@redis:6380?wait=1',
      'redis-cluster://a:7000,b:7001',
    ],
    ...['redis-sentinel://user:pw@a:26379,b:26379/mymaster', 'redis-sentinel://a,b/mymaster/3?wait=1'],
  ])('The store URL %s is accepted', (store) => {
    expect(readConfig({ store }, {}).store).toBe(store)
  })

  it.each([
    ...['redis:/user:HIDDEN@redis', 'user:HIDDEN@redis:6379', 'redis://:HIDDEN@re dis', 'redis://:HI@DDEN/HIDDEN@ x'],
    ...['redis-sentinel://u:HIDDEN@a:26379', 'http://u:HIDDEN@redis', 'http://redis?password=HIDDEN'],
  ])('The store URL %s is refused without showing its password', (store) => {
    const message = refusalOf(() => readConfig({}, { ECR_LOCAL_STORE: store }))
    expect(message).toMatch(/^ECR_LOCAL_STORE must be /)
    expect(message).not.toMatch(/HIDDEN|DDEN/)
    expect(refusalOf(() => read({ store }))).not.toMatch(/HIDDEN|DDEN/)
  })

  it.each(['secret', 'adminToken'])('An invalid %s is refused without showing it', (name) => {
    for (const value of ['SHORT', 'S H O R T', 12, ['SHORT']])
      expect(refusalOf(() => read({ [name]: value }))).not.toMatch(/S ?H ?O ?R ?T|12/)
  })
})

describe('configuration file', () => {
  it('The configuration file holds every setting, and those it omits have their defaults', () => {
    const file = {
      accounts: {
        '111122223333': {
          users: {
            dev: {
              accessKeys: { AKIAI44QH8DHBEXAMPLE: 's' },
              policies: ['AmazonEC2ContainerRegistryReadOnly', policy],
              permissionsBoundary: 'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser',
              tags: { team: 'platform' },
            },
          },
          roles: {
            ci: { trustPolicy, path: '/build/', maxSessionDurationSeconds: 43_200, permissionsBoundary: policy },
            deploy: { trustPolicy, policies: [] },
          },
          serviceControlPolicies: [policy],
          secrets: { 'ecr-pullthroughcache/hub': { username: 'u', accessToken: 't' } },
        },
      },
      upstreams: {
        'public.ecr.aws': { endpoint: 'http://127.0.0.1:5001' },
        '111122223333.dkr.ecr.us-east-1.amazonaws.com': { local: true as const },
      },
      secretsManagerEndpoint: 'http://127.0.0.1:4566',
      auth: 'relaxed',
      signatures: { maxSkewSeconds: 60 },
      network: { egress: 'none' },
      quotas: { imagesPerRepository: 5, pullThroughCacheRules: 3 },
      garbage: { graceSeconds: 60, sweepIntervalSeconds: 0 },
      limits: { ...defaultConfig.limits, requestsPerSecond: 50 },
      pullThroughCache: {
        retryIntervalSeconds: 1,
        unsupportedRegions: ['eu-west-1'],
        dockerHubLibrary: 'automatic' as const,
      },
    }
    expect(read({ $schema: './ecr-local.schema.json', ...file })).toEqual({
      ...defaultConfig,
      ...file,
      quotas: { ...defaultConfig.quotas, imagesPerRepository: 5, pullThroughCacheRules: 3 },
      pullThroughCache: { ...file.pullThroughCache, checkIntervalSeconds: 86_400 },
    })
  })

  it('The configuration file may say where all other upstreams are', () => {
    const upstreams = { '*': { endpoint: 'https://mirror.internal' } }
    expect(read({ upstreams }).upstreams).toEqual(upstreams)
  })

  it('The configuration file may leave out any member of its objects', () => {
    const empty = { signatures: {}, network: {}, quotas: {}, garbage: {}, limits: {}, pullThroughCache: {} }
    expect(read(empty)).toEqual(defaultConfig)
  })

  it.each([
    ['{\n  "port": 1,\n}', 'line 3, column 1: a trailing comma before }, which JSON does not allow'],
    ['{"a": [1, ]}', 'line 1, column 11: a trailing comma before ], which JSON does not allow'],
    ['{"a": 1} // all', 'line 1, column 10: a comment, which JSON does not allow'],
    ['{\n  # all\n}', 'line 2, column 3: a comment, which JSON does not allow'],
    ['{ // all\n}', 'line 1, column 3: a comment, which JSON does not allow'],
    ["{'a': 1}", 'line 1, column 2: single quotes; JSON has names and strings in double quotes'],
    ['{"a": 1,, "b": 2}', 'line 1, column 9: expected a name in double quotes'],
    ['{"a" 1}', 'line 1, column 6: expected a colon'],
    ['{"a": [1 2]}', 'line 1, column 10: expected a comma or a closing bracket'],
    ['{"a": tru}', 'line 1, column 7: expected a value'],
    ['{} {}', 'line 1, column 4: expected the end of the file'],
    ['{"secret": "s3cr3t', 'line 1, column 12: a string without its closing quote'],
    ['', 'line 1, column 1: expected a value'],
    ['{"a": 1', 'line 1, column 8: expected a comma or a closing brace'],
    ['{', 'line 1, column 2: expected a name in double quotes or a closing brace'],
    ['{}x', 'line 1, column 3: expected the end of the file'],
  ])('A configuration file that is not JSON is refused with line and column: %j', (text, where) => {
    expect(refusalOf(() => read(text))).toBe(`settings.json is not JSON: ${where}`)
  })

  it.each([
    [{ prot: 1 }, /^settings\.json: \/prot is not a setting; there are host, port, /],
    [[], /^settings\.json: the whole must be an object, not an array$/],
    [{ port: '80' }, /\/port must be a port: .*, not "80"$/],
    [{ registryHost: 'http://x' }, /\/registryHost must be a host without scheme or path, .*, not "http:\/\/x"$/],
    [{ accounts: { 12: {} } }, /\/accounts\/12 is not an account id, which is 12 digits$/],
    [{ accounts: { '111122223333': { secrets: { hub: {} } } } }, /\/secrets\/hub is not the name of a pull through/],
    [{ upstreams: { 'https://a.b': { endpoint: 'http://x' } } }, /\/upstreams\/https:\/\/a\.b is not a bare host name/],
    [{ upstreams: { 'a.b/c': { endpoint: 'http://x' } } }, /\/upstreams\/a\.b\/c is not a bare host name/],
    [{ upstreams: { '*.b': { endpoint: 'http://x' } } }, /\/upstreams\/\*\.b is not a bare host name/],
    [{ upstreams: { '*': { local: true } } }, /\/upstreams\/\*\/local is for private registries of ECR/],
    [
      { upstreams: { 'a.b': { endpoint: 'ftp://x' } } },
      /\/upstreams\/a\.b\/endpoint must be an http.*, not "ftp:\/\/x"$/,
    ],
    [{ upstreams: { 'a.b': {} } }, /\/upstreams\/a\.b\/endpoint is missing$/],
    [{ network: { egress: 'some' } }, /\/network\/egress must be one of all, none, not "some"$/],
    [{ signatures: { maxSkewSeconds: -1 } }, /\/signatures\/maxSkewSeconds must be a whole number, 0 or more, not -1$/],
    [
      { pullThroughCache: { unsupportedRegions: ['Ireland'] } },
      /\/pullThroughCache\/unsupportedRegions\/0 must be a Region such as us-east-1, not "Ireland"$/,
    ],
    [{ limits: { connections: 0 } }, /\/limits\/connections must be a whole number from 1 to 1000000, not 0$/],
    [{ limits: { speed: 1 } }, /\/limits\/speed is not a setting; there are connections, requestsAtOnce, /],
    [{ lifecycle: { intervalSeconds: 0 } }, /must be a whole number from 1 to 31536000, not 0$/],
    [{ garbage: { sweepIntervalSeconds: 3e6 } }, /must be a whole number from 0 to 2000000, not 3000000$/],
    [{ quotas: { pullThroughCacheRules: 1.5 } }, /\/quotas\/pullThroughCacheRules must be a whole number.*, not 1\.5$/],
  ])('A configuration file that breaks the schema is refused with path, rule and value: %j', (content, message) => {
    expect(refusalOf(() => read(content))).toMatch(message)
  })

  it('A file of findings and a scanner are alternatives', () => {
    const message = refusalOf(() => read({ scanFindings: 'findings.json', scanner: 'trivy' }))
    expect(message).toBe('/scanFindings and /scanner are alternatives: findings come from a file or from a scanner')
    expect(refusalOf(() => read({ scanner: 'clair' }))).toMatch(/\/scanner must be one of trivy, not "clair"$/)
  })

  it('Only a private registry of ECR can be one of this installation', () => {
    const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com'
    expect(refusalOf(() => read({ upstreams: { 'quay.io': { local: true } } }))).toBe(
      `/upstreams/quay.io/local is for private registries of ECR, such as ${host}`,
    )
    expect(read({ upstreams: { [host]: { local: true } } }).upstreams).toEqual({ [host]: { local: true } })
  })

  it('A configuration file that is named but does not exist is refused', () => {
    const message = refusalOf(() => readConfig({ config: join(folder, 'none.json') }, {}))
    expect(message).toMatch(/none\.json cannot be read \(there is no such file\)/)
  })

  it.each(['HIDDEN', '@HIDDEN', 'a@HIDDEN/', 'a/HIDDEN', '/@HIDDEN@'])(
    'An upstream URL is refused without showing its password %j',
    (password) => {
      const endpoint = `http://user:${password}@registry`
      expect(refusalOf(() => read({ upstreams: { [endpoint]: { endpoint: 'http://x' } } }))).not.toContain('HIDDEN')
      expect(refusalOf(() => read({ upstreams: { 'a.b': { endpoint } } }))).not.toContain('HIDDEN')
    },
  )
})

describe('published schemas', () => {
  it('The schema of files of findings is a valid JSON Schema, and the example of the documentation fits it', () => {
    const ajv = new Ajv({ allowUnionTypes: true }).addVocabulary(['errorMessage', 'patternErrorMessage'])
    const findings = JSON.parse(
      readFileSync(new URL('../../scan-findings.schema.json', import.meta.url), 'utf8'),
    ) as object
    const page = readFileSync(new URL('../../docs/scanning.md', import.meta.url), 'utf8')
    const [, example = ''] = /```json findings\n([^]*?)```/.exec(page) ?? []
    expect(parseFindingsFile(example, 'docs/scanning.md').images.length).toBeGreaterThan(2)
    expect(ajv.validate(findings, JSON.parse(example))).toBe(true)
  })

  it('The published schema is a valid JSON Schema', () => {
    const ajv = new Ajv({ allowUnionTypes: true }).addVocabulary(['errorMessage', 'patternErrorMessage'])
    ajv.addSchema(seedSchema, 'seed.schema.json')
    expect(ajv.validateSchema(schema)).toBe(true)
    expect(() => ajv.compile(schema)).not.toThrow()
  })

  it('The published schema has exactly the settings and defaults that the code has', () => {
    const known = Object.entries(schema.properties)
    const told = known.filter(([name]) => name !== '$schema')
    expect(told.map(([name]) => name).sort()).toEqual(Object.keys(defaultConfig).sort())
    for (const [name, { default: ownDefault, properties }] of told) {
      const members = properties && Object.entries(properties).map(([member, rules]) => [member, rules.default])
      const expected = defaultConfig[name as keyof typeof defaultConfig]
      expect([
        name,
        members ? Object.fromEntries(members) : (ownDefault ?? (name === 'upstreams' ? {} : undefined)),
      ]).toEqual([name, expected])
    }
  })

  it.each([
    [{ id: 'o-1' }, '/organization/id must be the id of an organization, such as o-a1b2c3d4e5, not "o-1"'],
    [{}, '/organization/id is missing'],
    [{ id: 'o-a1b2c3d4e5', accounts: { one: 'r-ab12' } }, '/organization/accounts/one is not an account id'],
    [
      { id: 'o-a1b2c3d4e5', accounts: { '111122223333': 'ou-ab12-11111111' } },
      '/organization/accounts/111122223333 must be a root and organizational units',
    ],
    [{ id: 'o-a1b2c3d4e5', account: {} }, '/organization/account is not a setting; there are id, accounts'],
  ])('An invalid organization is refused with its place: %j', (organization, complaint) => {
    const broken = brokenRule({ organization })
    expect(`${broken?.path} ${broken?.complaint}`).toContain(complaint)
  })

  it('The rates of the schema name every operation of ECR', () => {
    const { rates } = schema.properties.limits!.properties as unknown as Record<
      string,
      { propertyNames: { enum: string[] } }
    >
    expect(rates!.propertyNames.enum).toEqual(operationNames('ecr'))
    expect(read({ limits: { rates: { PutImage: 10 } } }).limits.rates).toEqual({ PutImage: 10 })
    expect(refusalOf(() => read({ limits: { rates: { BatchGetImages: 1 } } }))).toBe(
      'settings.json: /limits/rates/BatchGetImages is not an action of Amazon ECR, such as BatchGetImage',
    )
    expect(refusalOf(() => read({ limits: { rates: { PutImage: 0 } } }))).toBe(
      'settings.json: /limits/rates/PutImage must be a whole number from 1 to 1000000, not 0',
    )
  })

  it('The help shows the same defaults as the code', () => {
    for (const { name, byDefault } of settings) {
      if (name !== 'config') expect(byDefault).toBe(String(defaultConfig[name] ?? 'none'))
    }
  })
})
