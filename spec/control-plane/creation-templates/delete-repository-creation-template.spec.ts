import {
  DeleteRepositoryCreationTemplateCommand,
  DescribeRepositoryCreationTemplatesCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'
import { allowing } from '../../support/registry.js'
import { createTemplate } from '../../support/templates.js'

const remove = (prefix: string) => new DeleteRepositoryCreationTemplateCommand({ prefix })
const notFound = {
  name: 'TemplateNotFoundException',
  message:
    "The specified repository creation template can't be found. Verify the registry ID and prefix and try again.",
}

describe('DeleteRepositoryCreationTemplate', () => {
  it.each(['prod', 'prod/'])('DeleteRepositoryCreationTemplate returns the deleted template: %s', async (prefix) => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createTemplate({ description: 'short-lived' }))
    const { $metadata, ...answer } = await emulator.ecr.send(remove(prefix))
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      registryId: account,
      repositoryCreationTemplate: {
        prefix: 'prod',
        description: 'short-lived',
        appliedFor: ['PULL_THROUGH_CACHE'],
        encryptionConfiguration: { encryptionType: 'AES256' },
        imageTagMutability: 'MUTABLE',
        createdAt: now,
        updatedAt: now,
      },
    })
    const { repositoryCreationTemplates } = await emulator.ecr.send(new DescribeRepositoryCreationTemplatesCommand({}))
    expect(repositoryCreationTemplates).toEqual([])
  })

  it('DeleteRepositoryCreationTemplate refuses a prefix without a template', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createTemplate())
    for (const prefix of ['prod/team', 'ROOT'])
      await expect(emulator.ecr.send(remove(prefix))).rejects.toMatchObject(notFound)
    await expect(emulator.as('AKIDEXAMPLE', 'eu-west-1').send(remove('prod'))).rejects.toMatchObject(notFound)
  })

  it('DeleteRepositoryCreationTemplate needs only its own permission', async () => {
    const users = {
      developer: {
        accessKeys: { AKIDEXAMPLE: 'secret' },
        policies: [allowing('ecr:DeleteRepositoryCreationTemplate')],
      },
      other: { accessKeys: { AKIDOTHER: 'secret' }, policies: [allowing('ecr:CreateRepositoryCreationTemplate')] },
    }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    await expect(emulator.ecr.send(remove('prod'))).rejects.toMatchObject(notFound)
    await expect(emulator.as('AKIDOTHER').send(remove('prod'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/other is not authorized to perform: ecr:DeleteRepositoryCreationTemplate on resource: * because no identity-based policy allows the ecr:DeleteRepositoryCreationTemplate action`,
    })
  })
})
