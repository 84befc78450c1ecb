import { keyOf } from '../registry/ports/store.js'
import { readInRepository } from '../registry/repositories/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { linkToNext, pageRequest } from './link-paging.js'

/**
 * GET /v2/<name>/tags/list: the tags in ASCII order, page by page. The content type is the one in ECR's documentation.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export const tagsList: Endpoint = async (call, { store }) => {
  const { registry, repository: name } = call
  const page = pageRequest(call.query)
  const prefix = keyOf(name, '')
  const range = { limit: page.limit, prefix, ...(page.last !== undefined && { after: prefix + page.last }) }
  const { items, next } = await readInRepository(store, registry, name, () => store.tags.list(registry, range))
  const tags = items.map(({ tag }) => tag)
  const link = linkToNext(`/v2/${name}/tags/list`, page, next === undefined ? undefined : tags.at(-1))
  respond(call, 200, { 'content-type': 'text/plain; charset=utf-8', ...link }, JSON.stringify({ name, tags }))
}
