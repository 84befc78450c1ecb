/** One registry for each account and Region, as in AWS. All records except the installation's own belong to one. */
export interface Registry {
  readonly account: string
  readonly region: string
}

/** The Region where nothing names one: that of most examples. */
export const DEFAULT_REGION = 'us-east-1'

/** The place of records that belong to no single registry: planned imports, events, the clock. */
export const installation: Registry = { account: '-', region: '-' }

/**
 * The ARN of a repository.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
export const repositoryArn = ({ account, region }: Registry, name: string) =>
  `arn:aws:ecr:${region}:${account}:repository/${name}`
