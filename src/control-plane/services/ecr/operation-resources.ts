import type { Action } from '../../../access/authorize.js'
import { type Registry, repositoryArn } from '../../../registry/registry.js'
import { inputOf, shape } from '../../../smithy/model.js'
import type { Permission } from './operation.js'

/*
 * What a call needs permission on. This is asked before the input is validated, so a member may hold anything: what is
 * no name, or longer than any, becomes an empty one, which validation then refuses.
 */

/** The resource of a call about one repository. */
export const namedRepository = ({ repositoryName }: { repositoryName?: unknown }, registry: Registry): string[] => [
  arnOf(repositoryName, registry),
]

/**
 * The resources of a call about the repositories it names, or about all of them. Of more than the model takes only so
 * many are asked for: validation refuses such a call whatever the answer.
 */
export const namedRepositories = ({ repositoryNames }: { repositoryNames?: unknown }, registry: Registry): string[] =>
  Array.isArray(repositoryNames) && repositoryNames.length > 0
    ? [...new Set(repositoryNames.slice(0, MOST_NAMES))].map((name) => arnOf(name, registry))
    : everyRepository(registry)

/** The resource of a call that carries its repository's ARN. */
export const namedResource = ({ resourceArn }: { resourceArn?: unknown }): string[] => [textOf(resourceArn)]

/** Calls about the registry as a whole have no resource of their own. */
export const wholeRegistry = (): string[] => ['*']

/** What a call about one account setting needs: policies may look at which one. */
export const namedSetting =
  (action: Action) =>
  ({ name }: { name?: unknown }): Permission[] => [
    { action, resource: '*', conditions: { 'ecr:AccountSetting': textOf(name) } },
  ]

/**
 * What it takes to hand a role to the service, where one is handed over.
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
const MOST_NAMES = repositoryNames && shape(repositoryNames.target).traits?.['smithy.api#length']?.max

const arnOf = (name: unknown, registry: Registry) => repositoryArn(registry, textOf(name))
/** No ARN or name is longer; comparing with wildcards, and remembering for explanations, costs by the length. */
const LONGEST = 2048
const textOf = (value: unknown) => (typeof value === 'string' && value.length <= LONGEST ? value : '')
