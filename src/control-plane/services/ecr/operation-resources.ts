import type { Action } from '../../../access/authorize.js'
import { type Registry, repositoryArn } from '../../../registry/registry.js'
import { inputOf, shape } from '../../../smithy/model.js'
import type { Permission } from './operation.js'

/*
 * The resources that calls need permission on. Permission is checked before the input is validated, so a member may
 * hold anything. A value that is not a string, or longer than any name, counts as an empty name, which validation then
 * refuses.
 */

/** The resource of a call about one repository. */
export const namedRepository = ({ repositoryName }: { repositoryName?: unknown }, registry: Registry): string[] => [
  arnOf(repositoryName, registry),
]

/**
 * The resources of a call about the repositories it names, or about all of them. If the list is too long, only as many
 * names count as the model allows, because validation refuses the call anyway.
 */
export const namedRepositories = ({ repositoryNames }: { repositoryNames?: unknown }, registry: Registry): string[] =>
  Array.isArray(repositoryNames) && repositoryNames.length > 0
    ? [...new Set(repositoryNames.slice(0, MAX_NAMES))].map((name) => arnOf(name, registry))
    : everyRepository(registry)

/** The resource of a call that contains its repository's ARN. */
export const namedResource = ({ resourceArn }: { resourceArn?: unknown }): string[] => [textOf(resourceArn)]

/** Calls about the registry as a whole have no resource of their own. */
export const wholeRegistry = (): string[] => ['*']

/** The permission for a call about one account setting: policies may depend on which one. */
export const namedSetting =
  (action: Action) =>
  ({ name }: { name?: unknown }): Permission[] => [
    { action, resource: '*', conditions: { 'ecr:AccountSetting': textOf(name) } },
  ]

/**
 * The permission to pass a role to the service, if a call passes one.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
export const passedRole = ({ customRoleArn }: { customRoleArn?: unknown }): Permission[] =>
  customRoleArn === undefined || customRoleArn === null
    ? []
    : [
        {
          action: 'iam:PassRole',
          resource: textOf(customRoleArn),
          conditions: { 'iam:PassedToService': 'ecr.amazonaws.com' },
        },
      ]

/** The resource of a call about all repositories, as the service's denials name it. */
const everyRepository = (registry: Registry): string[] => [repositoryArn(registry, '*')]

const { repositoryNames } = shape(inputOf('DescribeRepositories')).members ?? {}
const MAX_NAMES = repositoryNames && shape(repositoryNames.target).traits?.['smithy.api#length']?.max

const arnOf = (name: unknown, registry: Registry) => repositoryArn(registry, textOf(name))

/** No ARN or name is longer. Longer ones would make matching wildcards and recording decisions expensive. */
const MAX_NAME_CHARACTERS = 2048
/** A member as a resource or a part of one; empty if it cannot be. */
export const textOf = (value: unknown) =>
  typeof value === 'string' && value.length <= MAX_NAME_CHARACTERS ? value : ''
