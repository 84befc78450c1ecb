/** One registry per account and Region, as in AWS; every record but the installation's own belongs to one. */
export interface Registry {
  readonly account: string
  readonly region: string
}

/** Where records live that belong to no single registry: planned imports, events, the clock. */
export const installation: Registry = { account: '-', region: '-' }

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html */
export const repositoryArn = ({ account, region }: Registry, name: string) =>
  `arn:aws:ecr:${region}:${account}:repository/${name}`

/** The host clients pull from: the `registryHost` setting with this registry's account and Region filled in. */
export const registryHost = (template: string, { account, region }: Registry) =>
  template.replaceAll('{account}', account).replaceAll('{region}', region)
