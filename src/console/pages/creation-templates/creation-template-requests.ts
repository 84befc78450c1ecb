import {
  DescribeRepositoryCreationTemplatesCommand,
  type ECRClient,
  paginateDescribeRepositoryCreationTemplates,
  type RepositoryCreationTemplate,
} from '@aws-sdk/client-ecr'
import { useEcr, useEcrList } from '../../requests/use-ecr.js'

/** The address of the page. */
export const TEMPLATES = '/private-registry/creation-templates'

/** The address of a template. */
export const pageOf = (prefix: string): string => `${TEMPLATES}/templates/${encodeURIComponent(prefix)}`

/** All templates of the registry. */
export const useTemplates = () =>
  useEcrList<RepositoryCreationTemplate>('DescribeRepositoryCreationTemplates', {}, templatesOf)

async function* templatesOf(client: ECRClient): AsyncIterable<readonly RepositoryCreationTemplate[] | undefined> {
  const pages = paginateDescribeRepositoryCreationTemplates({ client }, { maxResults: 1000 })
  for await (const { repositoryCreationTemplates } of pages) yield repositoryCreationTemplates
}

/** One template; null if there is none with the prefix. */
export function useTemplate(prefix: string) {
  const command = new DescribeRepositoryCreationTemplatesCommand({ prefixes: [prefix] })
  const { data, error } = useEcr('DescribeRepositoryCreationTemplates', command)
  return { template: data && (data.repositoryCreationTemplates?.[0] ?? null), error }
}
