import type { CreatePullThroughCacheRuleCommandInput } from '@aws-sdk/client-ecr'
import { ROOT, upstreamRepository } from '../../../registry/cache-rules/cache-rule.js'
import {
  SECRET_PREFIX,
  upstreamServices,
  type UpstreamService,
} from '../../../registry/cache-rules/upstream-services.js'
import type { Registry } from '../../../registry/registry.js'
import { failureOf } from '../../requests/request-failure.js'

/** A registry that the service does not know, which the configuration of this emulator adds. */
export const CUSTOM_REGISTRY = 'custom'

/** What a person has chosen so far for a new rule. */
export interface RuleDraft {
  /** As the API names it, or `CUSTOM_REGISTRY`; empty until one is chosen. */
  readonly upstreamRegistry: string
  /** The host, of a registry that has none of its own. */
  readonly url: string
  readonly credentialArn: string
  readonly customRoleArn: string
  readonly cache: 'prefix' | 'none'
  readonly cachePrefix: string
  readonly upstream: 'none' | 'same' | 'prefix'
  readonly upstreamPrefix: string
}

/** Nothing chosen yet. */
export const EMPTY_DRAFT: RuleDraft = {
  upstreamRegistry: '',
  url: '',
  credentialArn: '',
  customRoleArn: '',
  cache: 'prefix',
  cachePrefix: '',
  upstream: 'none',
  upstreamPrefix: '',
}

/** The draft that the parameters of an address describe. An unknown choice is the default one. */
export function draftIn(parameters: URLSearchParams): RuleDraft {
  const text = (key: keyof RuleDraft) => parameters.get(key) ?? EMPTY_DRAFT[key]
  const choice = <T extends string>(key: keyof RuleDraft, choices: readonly T[], fallback: T) =>
    choices.find((one) => one === parameters.get(key)) ?? fallback
  return {
    upstreamRegistry: text('upstreamRegistry'),
    url: text('url'),
    credentialArn: text('credentialArn'),
    customRoleArn: text('customRoleArn'),
    cache: choice('cache', ['prefix', 'none'], EMPTY_DRAFT.cache),
    cachePrefix: text('cachePrefix'),
    upstream: choice('upstream', ['none', 'same', 'prefix'], EMPTY_DRAFT.upstream),
    upstreamPrefix: text('upstreamPrefix'),
  }
}

/** The parameters of the address that describe a draft. */
export const parametersOf = (draft: RuleDraft): [string, string][] =>
  (Object.keys(EMPTY_DRAFT) as (keyof RuleDraft)[])
    .filter((key) => draft[key] !== EMPTY_DRAFT[key])
    .map((key) => [key, draft[key]])

/** The upstream registry that is chosen; undefined if none is or it is a custom one. */
export const serviceOf = ({ upstreamRegistry }: RuleDraft): UpstreamService | undefined =>
  upstreamServices.find((service) => service.upstreamRegistry === upstreamRegistry)

/** Whether the registry that is chosen has a host of its own, which a person types. */
export const hasOwnHost = (draft: RuleDraft): boolean =>
  draft.upstreamRegistry !== '' && serviceOf(draft)?.host === undefined

/** Whether it is not yet said which registry is the upstream. */
export const lacksSource = (draft: RuleDraft): boolean =>
  draft.upstreamRegistry === '' || (hasOwnHost(draft) && draft.url.trim() === '')

/** Whether a rule for this registry can have credentials. */
export const canLogIn = (draft: RuleDraft): boolean => {
  const service = serviceOf(draft)
  return (
    draft.upstreamRegistry === CUSTOM_REGISTRY || service?.needsSecret === true || service?.upstreamRegistry === 'ecr'
  )
}

/** The draft with another upstream registry, and with what the AWS console suggests for that one. */
export function withRegistry(draft: RuleDraft, upstreamRegistry: string, { account, region }: Registry): RuleDraft {
  const service = serviceOf({ ...draft, upstreamRegistry })
  const cachePrefix = service?.defaultPrefix ?? ''
  const secret = `arn:aws:secretsmanager:${region}:${account}:secret:${SECRET_PREFIX}${cachePrefix}`
  return { ...EMPTY_DRAFT, upstreamRegistry, cachePrefix, credentialArn: service?.needsSecret === true ? secret : '' }
}

/** The call that creates the rule. */
export function ruleOf(draft: RuleDraft): CreatePullThroughCacheRuleCommandInput & {
  readonly ecrRepositoryPrefix: string
  readonly upstreamRegistryUrl: string
} {
  const { credentialArn, customRoleArn, cache, cachePrefix, upstream, upstreamPrefix } = draft
  const upstreamRepositoryPrefix = { none: undefined, same: cachePrefix, prefix: upstreamPrefix }[upstream]
  return {
    ecrRepositoryPrefix: cache === 'none' ? ROOT : cachePrefix,
    upstreamRegistryUrl: (serviceOf(draft)?.host ?? draft.url).trim(),
    ...(cache !== 'none' && upstreamRepositoryPrefix !== undefined && { upstreamRepositoryPrefix }),
    ...(credentialArn !== '' && { credentialArn }),
    ...(customRoleArn !== '' && { customRoleArn }),
  }
}

/** An image by its name here, and where it comes from. */
export function exampleOf(draft: RuleDraft): { readonly here: string; readonly upstream: string } {
  const { ecrRepositoryPrefix, upstreamRegistryUrl, upstreamRepositoryPrefix = ROOT } = ruleOf(draft)
  const image = draft.upstreamRegistry === 'docker-hub' ? 'library/nginx' : 'my-app/image'
  const here = ecrRepositoryPrefix === ROOT ? image : `${ecrRepositoryPrefix}/${image}`
  const named = upstreamRepository({ ecrRepositoryPrefix, upstreamRepositoryPrefix }, here)
  return { here, upstream: `${upstreamRegistryUrl}/${named}` }
}

/** A field of the steps. */
export type DraftField = 'url' | 'credentialArn' | 'customRoleArn' | 'cachePrefix' | 'upstreamPrefix'

/** Which field a refusal of the service is about, with the service's sentence. */
export function refusedField(error: unknown): { readonly field?: DraftField; readonly message?: string } {
  if (error === null || error === undefined) return {}
  const { code, message } = failureOf(error)
  const field = FIELDS.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1]
  return { message, ...(field && { field }) }
}

/** The first that matches the code and the sentence of a refusal. */
const FIELDS: readonly (readonly [RegExp, DraftField])[] = [
  [/requires authentication|Secret\w*Exception|credentialArn/, 'credentialArn'],
  [/customRoleArn|PassRole/, 'customRoleArn'],
  [/upstreamRepositoryPrefix/, 'upstreamPrefix'],
  [/AlreadyExists|ecrRepositoryPrefix/, 'cachePrefix'],
  [/UnsupportedUpstreamRegistry|upstreamRegistryUrl/, 'url'],
]
