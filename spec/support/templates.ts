import {
  CreateRepositoryCreationTemplateCommand,
  type CreateRepositoryCreationTemplateCommandInput,
} from '@aws-sdk/client-ecr'
import type { RepositoryCreationTemplate } from '../../src/registry/creation-templates/creation-template.js'

/** Creates a template for pulls of `prod/…` unless `template` overrides it. */
export const createTemplate = (template: Partial<CreateRepositoryCreationTemplateCommandInput> = {}) =>
  new CreateRepositoryCreationTemplateCommand({ prefix: 'prod', appliedFor: ['PULL_THROUGH_CACHE'], ...template })

/** The record of a template with default settings. */
export const templateRecord = (
  template: Partial<RepositoryCreationTemplate> & Pick<RepositoryCreationTemplate, 'prefix' | 'appliedFor'>,
): RepositoryCreationTemplate => ({
  imageTagMutability: 'MUTABLE',
  encryption: { encryptionType: 'AES256' },
  createdAt: 0,
  updatedAt: 0,
  ...template,
})

/** The trust policy that the user guide gives a role of templates. */
export const trustingEcr = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecr.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
