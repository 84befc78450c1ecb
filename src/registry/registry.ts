/** One registry for each account and Region, as in AWS. All records except the installation's own belong to one. */
export interface Registry {
  readonly account: string
  readonly region: string
}

/** The place of records that belong to no single registry: planned imports, events, the clock. */
export const installation: Registry = { account: '-', region: '-' }

/**
 * The ARN of a repository.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
export const repositoryArn = ({ account, region }: Registry, name: string) =>
  `arn:aws:ecr:${region}:${account}:repository/${name}`

/** The host that clients pull from: the `registryHost` setting with the registry's account and Region filled in. */
export const registryHost = (template: string, { account, region }: Registry) =>
  template.replaceAll('{account}', account).replaceAll('{region}', region)
