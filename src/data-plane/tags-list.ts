import { keyOf } from '../registry/ports/store.js'
import { inRepository } from '../registry/repositories/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { linkToNext, pageAsked } from './link-paging.js'

/**
 * GET /v2/<name>/tags/list: the tags in ASCII order, page by page. The content type is the one ECR's documentation
 * shows. https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export const tagsList: Endpoint = async (call, { store }) => {
  const { registry, repository: name } = call
  const page = pageAsked(call.query)
  const prefix = keyOf(name, '')
  const asked = { limit: page.limit, prefix, ...(page.last !== undefined && { after: prefix + page.last }) }
  const reading = () => store.tags.list(registry, asked)
  const { items, next } = await inRepository(store, registry, name, reading)
  const tags = items.map(({ tag }) => tag)
  const link = linkToNext(`/v2/${name}/tags/list`, page, next === undefined ? undefined : tags.at(-1))
  respond(call, 200, { 'content-type': 'text/plain; charset=utf-8', ...link }, JSON.stringify({ name, tags }))
}
