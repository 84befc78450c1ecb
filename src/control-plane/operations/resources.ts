import { type Registry, repositoryArn } from '../../registry/registry.js'

/*
 * What a call needs permission on. This is asked before the input is validated, so a member may hold anything: what is
 * no name becomes an empty one, which validation then refuses.
 */

/** The resource of a call about one repository. */
export const namedRepository = ({ repositoryName }: { repositoryName?: unknown }, registry: Registry): string[] => [
  arnOf(repositoryName, registry),
]

/** The resources of a call about the repositories it names, or about all of them. */
export const namedRepositories = ({ repositoryNames }: { repositoryNames?: unknown }, registry: Registry): string[] =>
  Array.isArray(repositoryNames) && repositoryNames.length > 0
    ? repositoryNames.map((name) => arnOf(name, registry))
    : everyRepository(registry)

/** The resource of a call that carries its repository's ARN. */
export const namedResource = ({ resourceArn }: { resourceArn?: unknown }): string[] => [textOf(resourceArn)]

/** Calls about the registry as a whole have no resource of their own. */
export const wholeRegistry = (): string[] => ['*']

/** The resource of a call about all repositories, as the service's denials name it. */
const everyRepository = (registry: Registry): string[] => [repositoryArn(registry, '*')]

const arnOf = (name: unknown, registry: Registry) => repositoryArn(registry, textOf(name))
const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
