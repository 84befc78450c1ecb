import {
  DescribeRepositoryCreationTemplatesCommand,
  paginateDescribeRepositoryCreationTemplates,
  type RepositoryCreationTemplate,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { allowing } from '../../support/registry.js'
import { createTemplate } from '../../support/templates.js'

const list = (input: DescribeRepositoryCreationTemplatesCommand['input'] = {}) =>
  new DescribeRepositoryCreationTemplatesCommand(input)
const prefixesOf = (templates: RepositoryCreationTemplate[] = []) => templates.map(({ prefix }) => prefix)

async function emulatorWith(...prefixes: string[]) {
  const emulator = await startEmulator()
  for (const prefix of prefixes) await emulator.ecr.send(createTemplate({ prefix }))
  return emulator
}

describe('DescribeRepositoryCreationTemplates', () => {
  it('DescribeRepositoryCreationTemplates returns nothing but the registry if there is no template', async () => {
    await using emulator = await startEmulator()
    const { $metadata, ...answer } = await emulator.ecr.send(list())
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({ registryId: account, repositoryCreationTemplates: [] })
  })

  it('DescribeRepositoryCreationTemplates returns the templates of the prefixes, each once, in their order', async () => {
    await using emulator = await emulatorWith('aa', 'bb', 'ROOT')
    const { repositoryCreationTemplates } = await emulator.ecr.send(list({ prefixes: ['bb', 'ROOT', 'bb/'] }))
    expect(prefixesOf(repositoryCreationTemplates)).toEqual(['bb', 'ROOT'])
  })

  it('DescribeRepositoryCreationTemplates leaves out prefixes without a template', async () => {
    await using emulator = await emulatorWith('aa')
    const { repositoryCreationTemplates } = await emulator.ecr.send(list({ prefixes: ['gone', 'aa'] }))
    expect(prefixesOf(repositoryCreationTemplates)).toEqual(['aa'])
  })

  it('DescribeRepositoryCreationTemplates returns all templates in pages', async () => {
    await using emulator = await emulatorWith('cc', 'aa', 'bb')
    const first = await emulator.ecr.send(list({ maxResults: 2 }))
    const second = await emulator.ecr.send(list({ maxResults: 2, nextToken: first.nextToken }))
    expect(prefixesOf(first.repositoryCreationTemplates)).toEqual(['aa', 'bb'])
    expect(prefixesOf(second.repositoryCreationTemplates)).toEqual(['cc'])
    expect(second.nextToken).toBeUndefined()
  })

  it('DescribeRepositoryCreationTemplates returns 100 templates in a page, and the paginator all of them', async () => {
    const prefixes = Array.from({ length: 101 }, (_, n) => `team-${String(n).padStart(3, '0')}`)
    await using emulator = await emulatorWith(...prefixes)
    const pages: (string | undefined)[][] = []
    for await (const page of paginateDescribeRepositoryCreationTemplates({ client: emulator.ecr }, {}))
      pages.push(prefixesOf(page.repositoryCreationTemplates))
    expect(pages.map(({ length }) => length)).toEqual([100, 1])
    expect(pages.flat()).toEqual(prefixes)
  })

  it.each([
    [{ prefixes: ['aa'], maxResults: 1 }, 'maxResults', 'Cannot be combined with prefixes'],
    [{ prefixes: ['aa'], nextToken: 'x' }, 'nextToken', 'Cannot be combined with prefixes'],
    [{ maxResults: 1001 }, 'maxResults', 'Member must have value less than or equal to 1000'],
    [{ maxResults: 0 }, 'maxResults', 'Member must have value greater than or equal to 1'],
    [{ nextToken: 'x' }, 'nextToken', 'Invalid token'],
  ])('DescribeRepositoryCreationTemplates refuses %j', async (input, member, constraint) => {
    await using emulator = await emulatorWith('aa')
    await expect(emulator.ecr.send(list(input))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
    })
  })

  it('DescribeRepositoryCreationTemplates lists the templates of the caller in one Region, with its permission', async () => {
    const of = (...actions: string[]) => [allowing(actions)]
    const all = of('ecr:*')
    const accounts = {
      [account]: { users: { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: all } } },
      '210987654321': {
        users: {
          guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: all },
          blind: { accessKeys: { AKIDBLIND: 'secret' }, policies: of('ecr:DescribeRepositories') },
        },
      },
    }
    await using emulator = await startEmulator({ accounts })
    await emulator.ecr.send(createTemplate())
    const elsewhere = [emulator.as('AKIDGUEST'), emulator.as('AKIDEXAMPLE', 'eu-west-1')]
    for (const ecr of elsewhere) expect((await ecr.send(list())).repositoryCreationTemplates).toEqual([])
    await expect(emulator.as('AKIDBLIND').send(list())).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::210987654321:user/blind is not authorized to perform: ecr:DescribeRepositoryCreationTemplates on resource: * because no identity-based policy allows the ecr:DescribeRepositoryCreationTemplates action',
    })
  })
})
