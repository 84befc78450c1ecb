import { type Endpoint, respond } from './call.js'
import { linkToNext, pageAsked } from './link-paging.js'

/** GET /v2/_catalog: the registry's repositories in ASCII order, page by page; DescribeRepositories underneath. */
export const catalog: Endpoint = async (call, { store }) => {
  const page = pageAsked(call.query)
  const { items, next } = await store.repositories.list(call.registry, {
    limit: page.limit,
    ...(page.last !== undefined && { after: page.last }),
  })
  const repositories = items.map(({ name }) => name)
  const link = linkToNext('/v2/_catalog', page, next === undefined ? undefined : repositories.at(-1))
  respond(call, 200, { 'content-type': 'application/json; charset=utf-8', ...link }, JSON.stringify({ repositories }))
}
