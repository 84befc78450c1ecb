import { DescribeRegistryCommand, PutReplicationConfigurationCommand, type ReplicationRule } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region, startEmulator } from '../../support/emulator.js'

const toItself = { region, registryId: account }
const toIreland = { region: 'eu-west-1', registryId: account }
const regions = ['us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-west-3']
const prefix = (filter: string) => ({ filter, filterType: 'PREFIX_MATCH' as const })
const at = (member: string, constraint: string) =>
  `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`

/** As many destinations in different registries. */
const destinations = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    region: regions[index % regions.length] ?? '',
    registryId: String(111122220000 + Math.floor(index / regions.length)),
  }))

async function put(rules: ReplicationRule[], inRegion = region) {
  await using emulator = await startEmulator()
  const client = emulator.as('AKIDEXAMPLE', inRegion)
  const putRules = new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } })
  try {
    const { replicationConfiguration } = await client.send(putRules)
    const described = await client.send(new DescribeRegistryCommand({}))
    expect(described.replicationConfiguration).toEqual(replicationConfiguration)
    return replicationConfiguration?.rules
  } catch (error) {
    const described = await client.send(new DescribeRegistryCommand({}))
    expect(described.replicationConfiguration).toEqual({ rules: [] })
    return error
  }
}

const refusedWith = (message: string) =>
  expect.objectContaining({ name: 'InvalidParameterException', message }) as unknown

describe('PutReplicationConfiguration', () => {
  it('The rules are returned and described as they were put', async () => {
    const rules: ReplicationRule[] = [
      { destinations: [toIreland, { region, registryId: '444455556666' }] },
      {
        destinations: [{ region: 'us-west-2', registryId: account }],
        repositoryFilters: [prefix('prod'), prefix('a/b-')],
      },
    ]
    expect(await put(rules)).toEqual(rules)
  })

  it('An empty list of rules removes the configuration', async () => {
    await using emulator = await startEmulator()
    const putRules = (rules: ReplicationRule[]) =>
      emulator.ecr.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }))
    await putRules([{ destinations: [toIreland] }])
    expect((await putRules([])).replicationConfiguration).toEqual({ rules: [] })
    const { replicationConfiguration } = await emulator.ecr.send(new DescribeRegistryCommand({}))
    expect(replicationConfiguration).toEqual({ rules: [] })
  })

  it('The configuration of one Region is not that of another', async () => {
    await using emulator = await startEmulator()
    const rules = [{ destinations: [toIreland] }]
    await emulator.ecr.send(new PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }))
    const { replicationConfiguration } = await emulator
      .as('AKIDEXAMPLE', 'eu-west-1')
      .send(new DescribeRegistryCommand({}))
    expect(replicationConfiguration).toEqual({ rules: [] })
  })

  it('The registry itself is refused as a destination', async () => {
    const message = at('replicationConfiguration', 'Replication destination cannot be the same as the source registry')
    expect(await put([{ destinations: [toItself] }])).toEqual(refusedWith(message))
    expect(await put([{ destinations: [toIreland] }, { destinations: [toIreland, toItself] }])).toEqual(
      refusedWith(message),
    )
    expect(await put([{ destinations: [{ region, registryId: '444455556666' }] }])).toHaveLength(1)
  })

  it.each([
    ['mars-north-1', region],
    ['cn-north-1', region],
    ['us-gov-west-1', region],
    [region, 'cn-north-1'],
    ['eu-west-1', 'us-gov-east-1'],
  ])('The Region %s is refused as a destination of %s', async (to, from) => {
    const message = at('replicationConfiguration', `Replication destination region '${to}' is not valid`)
    expect(await put([{ destinations: [{ region: to, registryId: account }] }], from)).toEqual(refusedWith(message))
  })

  it.each([
    ['cn-northwest-1', 'cn-north-1'],
    ['us-gov-west-1', 'us-gov-east-1'],
    ['eu-west-1', 'my-own-region-1'],
  ])('The Region %s is accepted as a destination of %s', async (to, from) => {
    expect(await put([{ destinations: [{ region: to, registryId: account }] }], from)).toHaveLength(1)
  })

  it('A configuration has at most 25 destinations, however often it names them', async () => {
    expect(await put([{ destinations: destinations(25) }, { destinations: destinations(25) }])).toHaveLength(2)
    const message = at(
      'replicationConfiguration',
      'Replication configuration must have less than or equal to 25 unique destinations',
    )
    expect(await put([{ destinations: destinations(20) }, { destinations: destinations(26).slice(20) }])).toEqual(
      refusedWith(message),
    )
  })

  it('More than 10 rules, 100 destinations or 100 filters are refused', async () => {
    const rule = { destinations: [toIreland] }
    const tooMany = (limit: number) => `Member must have length less than or equal to ${limit}`
    expect(await put(Array.from({ length: 11 }, () => rule))).toEqual(
      refusedWith(at('replicationConfiguration.rules', tooMany(10))),
    )
    expect(await put([{ destinations: destinations(101) }])).toEqual(
      refusedWith(at('replicationConfiguration.rules.1.member.destinations', tooMany(100))),
    )
    const repositoryFilters = Array.from({ length: 101 }, (_, index) => prefix(`team-${index}`))
    expect(await put([{ ...rule, repositoryFilters }])).toEqual(
      refusedWith(at('replicationConfiguration.rules.1.member.repositoryFilters', tooMany(100))),
    )
  })

  it('The first configuration creates the service-linked role', async () => {
    await using emulator = await startEmulator()
    const rolesOf = async () => {
      const answer = await fetch(`${emulator.endpoint}/_admin/roles`)
      return ((await answer.json()) as { roles: { roleName: string; arn: string }[] }).roles
    }
    expect(await rolesOf()).toEqual([])
    const putRules = new PutReplicationConfigurationCommand({ replicationConfiguration: { rules: [] } })
    await emulator.ecr.send(putRules)
    await emulator.ecr.send(putRules)
    expect(await rolesOf()).toMatchObject([
      {
        roleName: 'AWSServiceRoleForECRReplication',
        arn: `arn:aws:iam::${account}:role/aws-service-role/replication.ecr.amazonaws.com/AWSServiceRoleForECRReplication`,
      },
    ])
  })

  it('A caller without the permission is refused', async () => {
    const users = { guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: ['AmazonEC2ContainerRegistryReadOnly'] } }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    const putRules = new PutReplicationConfigurationCommand({ replicationConfiguration: { rules: [] } })
    await expect(emulator.as('AKIDGUEST').send(putRules)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/guest is not authorized to perform: ecr:PutReplicationConfiguration on resource: * because no identity-based policy allows the ecr:PutReplicationConfiguration action`,
    })
  })
})
