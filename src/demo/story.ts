import {
  CreatePullThroughCacheRuleCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr'
import { setTimeout as pause } from 'node:timers/promises'
import { dockerPull, type PullResult } from './docker-pull.js'
import type { DemoImage } from './demo-image.js'
import type { Screen } from './screen.js'
import type { DemoUpstream } from './demo-upstream.js'

/** The upstream's name for the image the story is about. */
export const REPOSITORY = 'demo/hello'
const CACHED = `ecr-public/${REPOSITORY}`
const TAG = 'latest'
const DAY_SECONDS = 86_400

/** The parts of the demo. */
export interface Cast {
  readonly show: Screen
  readonly upstream: DemoUpstream
  readonly ecr: ECRClient
  readonly endpoint: string
  readonly registry: string
  readonly images: { readonly old: DemoImage; readonly new: DemoImage }
}

/** Runs all steps, from creating the rule to pulling the next day's image. */
export async function tellStory(cast: Cast): Promise<void> {
  const { show, upstream, images } = cast
  upstream.publish(TAG, images.old)
  show.title('The pull through cache, start to end', `upstream: this demo's own registry at ${upstream.endpoint}`)
  await createRule(cast)
  const password = await logIn(cast, 'Log Docker in')
  await firstPull(cast, password)
  await secondPull(cast, password)
  await lookIntoEcr(cast)
  await moveUpstreamTag(cast, password)
  await letADayPass(cast)
  await pullTheNewImage(cast, await logIn(cast, 'Log in again: tokens last 12 hours'))
  await lookAtUntagged(cast)
  await readEvents(cast)
}

async function createRule({ show, ecr, endpoint }: Cast): Promise<void> {
  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  show.step('Create a pull through cache rule')
  show.command(`export AWS_ENDPOINT_URL_ECR=${endpoint}`)
  show.command(
    'aws ecr create-pull-through-cache-rule --ecr-repository-prefix ecr-public',
    '--upstream-registry-url public.ecr.aws',
  )
  const created = await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
  show.check('names under ecr-public/ now come from public.ecr.aws', created.ecrRepositoryPrefix === 'ecr-public')
}

async function logIn({ show, ecr, registry }: Cast, title: string): Promise<string> {
  show.step(title)
  show.command(`aws ecr get-login-password | docker login --username AWS --password-stdin ${registry}`)
  const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand())
  const [user, password = ''] = Buffer.from(data?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':')
  show.check(`token for ${data?.proxyEndpoint}`, user === 'AWS' && data?.proxyEndpoint === `http://${registry}`)
  return password
}

async function firstPull(cast: Cast, password: string): Promise<void> {
  const { show, upstream, images } = cast
  show.step('Pull: the image is not here yet')
  const pulled = await pull(cast, password)
  show.check(`pulled ${sizeOf(pulled)}`, pulled.digest === images.old.index.digest)
  const complete = await eventually(() => upstream.hasServed(images.old))
  show.check('the cache has imported the other platform in the background', complete)
  const requests = upstream.takeRequests()
  const each = 1 + images.old.manifests.length + images.old.blobs.length
  show.check(`everything was requested from the upstream once: ${requestCounts(requests)}`, requests.length === each)
}

async function secondPull(cast: Cast, password: string): Promise<void> {
  const { show, upstream, images } = cast
  show.step('Pull again: from the cache')
  const pulled = await pull(cast, password)
  show.check(`pulled ${sizeOf(pulled)}`, pulled.digest === images.old.index.digest)
  const requests = upstream.takeRequests()
  show.check(`requests to the upstream: ${requests.length}`, requests.length === 0)
}

async function lookIntoEcr({ show, ecr, images }: Cast): Promise<void> {
  show.step('Look into ECR: the pull has created the repository')
  show.command('aws ecr describe-repositories')
  const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand())
  show.check(`${repositories[0]?.repositoryUri}`, repositories.length === 1)
  show.command(`aws ecr describe-images --repository-name ${CACHED}`)
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: CACHED }))
  const tagged = imageDetails.find(({ imageTags }) => imageTags?.includes(TAG))
  const isIndex = tagged?.imageDigest === images.old.index.digest
  show.check(`${TAG} is ${short(tagged?.imageDigest)}, an index`, isIndex)
  show.check(`and ${imageDetails.length - 1} images for its platforms`, imageDetails.length === 3)
}

async function moveUpstreamTag(cast: Cast, password: string): Promise<void> {
  const { show, upstream, images } = cast
  show.step('The upstream moves its tag')
  upstream.publish(TAG, images.new)
  show.note(`public.ecr.aws/${REPOSITORY}:${TAG} is now ${short(images.new.index.digest)}`)
  const pulled = await pull(cast, password)
  const isOld = pulled.digest === images.old.index.digest
  show.check(`still ${short(pulled.digest)}: a tag is checked once in 24 hours`, isOld)
  const requests = upstream.takeRequests()
  show.check(`requests to the upstream: ${requests.length}`, requests.length === 0)
}

async function letADayPass({ show, endpoint }: Cast): Promise<void> {
  show.step('A day passes')
  const body = JSON.stringify({ advanceSeconds: DAY_SECONDS })
  show.command(`curl ${endpoint}/_admin/clock --json '${body}'`)
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${endpoint}/_admin/clock`, { method: 'POST', headers, body })
  const { now } = (await response.json()) as { now: string }
  show.check(`the registry's time is now ${now.slice(0, 16).replace('T', ' ')} UTC`, response.ok)
}

async function pullTheNewImage(cast: Cast, password: string): Promise<void> {
  const { show, upstream, images } = cast
  show.step('Pull: the cache checks whether the tag has moved')
  const pulled = await pull(cast, password)
  show.check(`the new image, ${short(pulled.digest)}: ${sizeOf(pulled)}`, pulled.digest === images.new.index.digest)
  await eventually(() => upstream.hasServed(images.new))
  const requests = upstream.takeRequests()
  const [first] = requests
  const isOneCheck = first === 'HEAD manifest' && requests.filter((request) => request.startsWith('HEAD')).length === 1
  show.check(`one check, then what is new: ${requestCounts(requests)}`, isOneCheck)
  const isBaseKept = requests.filter((request) => request === 'GET blob').length === images.new.blobs.length - 2
  show.check('the base layers were cached already and not fetched again', isBaseKept)
}

async function lookAtUntagged({ show, ecr, images }: Cast): Promise<void> {
  show.step('The old image is still there, without its tag')
  show.command(`aws ecr describe-images --repository-name ${CACHED} --filter tagStatus=UNTAGGED`)
  const filter = { tagStatus: 'UNTAGGED' as const }
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: CACHED, filter }))
  const { digest } = images.old.index
  const isThere = imageDetails.some(({ imageDigest }) => imageDigest === digest)
  show.check(`${short(digest)} can still be pulled by its digest`, isThere)
}

async function readEvents({ show, endpoint }: Cast): Promise<void> {
  show.step('What the cache did')
  show.command(`curl ${endpoint}/_admin/events`)
  const { events } = (await (await fetch(`${endpoint}/_admin/events`)).json()) as { events: CacheEvent[] }
  const tagged = events.filter(({ detail }) => detail['image-tag'] === TAG)
  for (const { time, detail } of tagged) {
    const what = `${detail.action} ${detail['repository-name']}:${TAG} ${short(detail['image-digest'])}`
    show.note(`${time.slice(0, 16).replace('T', ' ')}  ${what}  ${detail.outcome}`)
  }
  show.check('both imports of the tag are on record', tagged.length >= 2)
}

interface CacheEvent {
  time: string
  detail: Record<'action' | 'outcome' | 'repository-name', string> & { 'image-tag'?: string; 'image-digest'?: string }
}

function pull({ show, registry }: Cast, password: string): Promise<PullResult> {
  show.command(`docker pull ${registry}/${CACHED}:${TAG}`)
  return dockerPull(registry, CACHED, TAG, password)
}

/** Waits up to five seconds: the cache fetches the rest of an image after the pull was answered. */
async function eventually(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 250 && !holds(); tries++) await pause(20)
  return holds()
}

const short = (digest = '') => digest.slice(0, 'sha256:'.length + 12)

const sizeOf = ({ bytes, layers, milliseconds }: PullResult) =>
  `${(bytes / 1024 / 1024).toFixed(1)} MiB in ${layers} layers, ${milliseconds.toFixed(0)} ms`

/** `1 GET manifest, 8 GET blob` */
function requestCounts(requests: string[]): string {
  const kinds = [...new Set(requests)]
  return kinds.map((kind) => `${requests.filter((request) => request === kind).length} ${kind}`).join(', ')
}
