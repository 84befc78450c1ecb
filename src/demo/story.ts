import {
  CreatePullThroughCacheRuleCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr'
import type { EcrLocal } from '../library/ecr-local.js'
import type { UpstreamImage } from '../library/upstream/upstream-image.js'
import { dockerPull, type PullResult } from './docker-pull.js'
import type { Screen } from './screen.js'

/** The upstream's name for the image the story is about. */
export const REPOSITORY = 'demo/hello'
const CACHED = `ecr-public/${REPOSITORY}`
/** The tag that moves. */
export const TAG = 'latest'
const DAY_SECONDS = 86_400

/** The parts of the demo. */
export interface Cast {
  readonly show: Screen
  readonly ecr: EcrLocal
  readonly client: ECRClient
  /** Both are in the upstream; the tag is on the old one. */
  readonly images: { readonly old: UpstreamImage; readonly new: UpstreamImage }
}

/** Runs all steps, from creating the rule to pulling the next day's image. */
export async function tellStory(cast: Cast): Promise<void> {
  const { show, ecr } = cast
  show.title('The pull through cache, start to end', `upstream: this demo's own registry at ${ecr.upstream.endpoint}`)
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

async function createRule({ show, client, ecr: { endpoint } }: Cast): Promise<void> {
  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  show.step('Create a pull through cache rule')
  show.command(`export AWS_ENDPOINT_URL_ECR=${endpoint}`)
  show.command(
    'aws ecr create-pull-through-cache-rule --ecr-repository-prefix ecr-public',
    '--upstream-registry-url public.ecr.aws',
  )
  const created = await client.send(new CreatePullThroughCacheRuleCommand(rule))
  show.check('names under ecr-public/ now come from public.ecr.aws', created.ecrRepositoryPrefix === 'ecr-public')
}

async function logIn({ show, client, ecr: { registry } }: Cast, title: string): Promise<string> {
  show.step(title)
  show.command(`aws ecr get-login-password | docker login --username AWS --password-stdin ${registry}`)
  const { authorizationData: [data] = [] } = await client.send(new GetAuthorizationTokenCommand())
  const [user, password = ''] = Buffer.from(data?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':')
  show.check(`token for ${data?.proxyEndpoint}`, user === 'AWS' && data?.proxyEndpoint === `http://${registry}`)
  return password
}

async function firstPull(cast: Cast, password: string): Promise<void> {
  const { show, ecr, images } = cast
  show.step('Pull: the image is not here yet')
  const pulled = await pull(cast, password)
  show.check(`pulled ${sizeOf(pulled)}`, pulled.digest === images.old.digest)
  await ecr.settled()
  const complete = blobsOf(images.old).every((digest) => isServed(ecr, digest))
  show.check('the cache has imported the other platform in the background', complete)
  const requests = requestsOf(ecr)
  const each = 1 + images.old.images.length + blobsOf(images.old).length
  show.check(`everything was requested from the upstream once: ${requestCounts(requests)}`, requests.length === each)
}

async function secondPull(cast: Cast, password: string): Promise<void> {
  const { show, ecr, images } = cast
  show.step('Pull again: from the cache')
  const before = requestsOf(ecr).length
  const pulled = await pull(cast, password)
  show.check(`pulled ${sizeOf(pulled)}`, pulled.digest === images.old.digest)
  const requests = requestsOf(ecr).slice(before)
  show.check(`requests to the upstream: ${requests.length}`, requests.length === 0)
}

async function lookIntoEcr({ show, client, images }: Cast): Promise<void> {
  show.step('Look into ECR: the pull has created the repository')
  show.command('aws ecr describe-repositories')
  const { repositories = [] } = await client.send(new DescribeRepositoriesCommand())
  show.check(`${repositories[0]?.repositoryUri}`, repositories.length === 1)
  show.command(`aws ecr describe-images --repository-name ${CACHED}`)
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName: CACHED }))
  const tagged = imageDetails.find(({ imageTags }) => imageTags?.includes(TAG))
  const isIndex = tagged?.imageDigest === images.old.digest
  show.check(`${TAG} is ${short(tagged?.imageDigest)}, an index`, isIndex)
  show.check(`and ${imageDetails.length - 1} images for its platforms`, imageDetails.length === 3)
}

async function moveUpstreamTag(cast: Cast, password: string): Promise<void> {
  const { show, ecr, images } = cast
  show.step('The upstream moves its tag')
  const before = requestsOf(ecr).length
  ecr.upstream.tag(REPOSITORY, TAG, images.new)
  show.note(`public.ecr.aws/${REPOSITORY}:${TAG} is now ${short(images.new.digest)}`)
  const pulled = await pull(cast, password)
  const isOld = pulled.digest === images.old.digest
  show.check(`still ${short(pulled.digest)}: a tag is checked once in 24 hours`, isOld)
  const requests = requestsOf(ecr).slice(before)
  show.check(`requests to the upstream: ${requests.length}`, requests.length === 0)
}

async function letADayPass({ show, ecr: { endpoint } }: Cast): Promise<void> {
  show.step('A day passes')
  const body = JSON.stringify({ advanceSeconds: DAY_SECONDS })
  show.command(`curl ${endpoint}/_admin/clock --json '${body}'`)
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${endpoint}/_admin/clock`, { method: 'POST', headers, body })
  const { now } = (await response.json()) as { now: string }
  show.check(`the registry's time is now ${now.slice(0, 16).replace('T', ' ')} UTC`, response.ok)
}

async function pullTheNewImage(cast: Cast, password: string): Promise<void> {
  const { show, ecr, images } = cast
  show.step('Pull: the cache checks whether the tag has moved')
  const before = requestsOf(ecr).length
  const pulled = await pull(cast, password)
  show.check(`the new image, ${short(pulled.digest)}: ${sizeOf(pulled)}`, pulled.digest === images.new.digest)
  await ecr.settled()
  const requests = requestsOf(ecr).slice(before)
  const [first] = requests
  const isOneCheck = first === 'HEAD manifest' && requests.filter((request) => request.startsWith('HEAD')).length === 1
  show.check(`one check, then what is new: ${requestCounts(requests)}`, isOneCheck)
  const old = blobsOf(images.old)
  const newBlobs = blobsOf(images.new).filter((digest) => !old.includes(digest))
  const areOldKept = requests.filter((request) => request === 'GET blob').length === newBlobs.length
  show.check('the layers below were cached already and not fetched again', areOldKept)
}

async function lookAtUntagged({ show, client, images }: Cast): Promise<void> {
  show.step('The old image is still there, without its tag')
  show.command(`aws ecr describe-images --repository-name ${CACHED} --filter tagStatus=UNTAGGED`)
  const filter = { tagStatus: 'UNTAGGED' as const }
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName: CACHED, filter }))
  const { digest } = images.old
  const isThere = imageDetails.some(({ imageDigest }) => imageDigest === digest)
  show.check(`${short(digest)} can still be pulled by its digest`, isThere)
}

async function readEvents({ show, ecr: { endpoint } }: Cast): Promise<void> {
  show.step('What the cache did')
  show.command(`curl ${endpoint}/_admin/events`)
  const { events } = (await (await fetch(`${endpoint}/_admin/events`)).json()) as { events: CacheEvent[] }
  const isCacheAction = (event: CacheEvent) => event['detail-type'] === 'ECR Pull Through Cache Action'
  const tagged = events.filter((event) => isCacheAction(event) && event.detail['image-tag'] === TAG)
  for (const { time, detail } of tagged) {
    const what = `${detail.action} ${detail['repository-name']}:${TAG} ${short(detail['image-digest'])}`
    show.note(`${time.slice(0, 16).replace('T', ' ')}  ${what}  ${detail.outcome}`)
  }
  show.check('both imports of the tag are on record', tagged.length >= 2)
}

interface CacheEvent {
  'detail-type': string
  time: string
  detail: Record<'action' | 'outcome' | 'repository-name', string> & { 'image-tag'?: string; 'image-digest'?: string }
}

function pull({ show, ecr: { registry } }: Cast, password: string): Promise<PullResult> {
  show.command(`docker pull ${registry}/${CACHED}:${TAG}`)
  return dockerPull(registry, CACHED, TAG, password)
}

/** Every blob of an image. */
const blobsOf = ({ images }: UpstreamImage) => images.flatMap(({ config, layers }) => [config, ...layers])

const isServed = ({ upstream }: EcrLocal, digest: string) =>
  upstream.requests({ kind: 'blob', status: 200 }).some(({ reference }) => reference === digest)

/** What the upstream was asked for so far: `GET manifest`, `GET blob`. */
const requestsOf = ({ upstream }: EcrLocal) =>
  upstream
    .requests({ image: REPOSITORY })
    .filter(({ kind }) => kind === 'manifest' || kind === 'blob')
    .map(({ method, kind }) => `${method} ${kind}`)

const short = (digest = '') => digest.slice(0, 'sha256:'.length + 12)

const sizeOf = ({ bytes, layers, milliseconds }: PullResult) =>
  `${(bytes / 1024 / 1024).toFixed(1)} MiB in ${layers} layers, ${milliseconds.toFixed(0)} ms`

/** `1 GET manifest, 8 GET blob` */
function requestCounts(requests: string[]): string {
  const kinds = [...new Set(requests)]
  return kinds.map((kind) => `${requests.filter((request) => request === kind).length} ${kind}`).join(', ')
}
