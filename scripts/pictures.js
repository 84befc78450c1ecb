// Makes the pictures of the README: npm run pictures. An emulator in this process has an hour of traffic behind it, and the
// console is opened in Chromium. The hour passes in seconds, because this process is told another time.
import { CreatePullThroughCacheRuleCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { Buffer } from 'node:buffer'
import { accessSync, constants } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const SIZE = { width: 1440, height: 900 }
const MAX_BYTES = 200_000
const FOLDER = join(import.meta.dirname, '../docs/pictures')
const ACCOUNT = '111122223333'

const MINUTES = 55
const MINUTE_MS = 60_000

/** Sets how far the time of this process is from that of the machine; timers do not follow it. */
function timeTravel() {
  const MachineDate = Date
  let awayMs = 0
  globalThis.Date = class extends MachineDate {
    constructor(...given) {
      super(...(given.length === 0 ? [MachineDate.now() + awayMs] : given))
    }
    static now() {
      return MachineDate.now() + awayMs
    }
  }
  return (ms) => (awayMs = ms)
}

/** The same sequence of numbers from 0 to 1 in every run. */
function sequence(seed) {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

const rules = {
  'docker-hub': 'registry-1.docker.io',
  'ecr-public': 'public.ecr.aws',
  quay: 'quay.io',
  kubernetes: 'registry.k8s.io',
}

/** Repositories below the rules, with the tag that is pulled, megabytes, and how often it is pulled. */
const images = [
  ['docker-hub/library/node', '22-alpine', 9, 9],
  ['docker-hub/library/nginx', '1.29', 5, 7],
  ['docker-hub/library/postgres', '17', 12, 6],
  ['docker-hub/library/redis', '7', 4, 5],
  ['ecr-public/docker/library/python', '3.13-slim', 8, 5],
  ['ecr-public/amazonlinux/amazonlinux', '2023', 10, 3],
  ['ecr-public/lambda/nodejs', '22', 11, 3],
  ['quay/prometheus/prometheus', 'v3.5.0', 7, 2],
  ['quay/argoproj/argocd', 'v3.1.0', 9, 2],
  ['kubernetes/coredns/coredns', 'v1.12.1', 3, 2],
  ['kubernetes/pause', '3.10', 1, 1],
]

const puller = { policies: ['AmazonEC2ContainerRegistryPullOnly'] }
const accounts = {
  [ACCOUNT]: {
    users: {
      admin: {
        accessKeys: { AKIAADMIN: 'secret' },
        policies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
      },
      ci: { accessKeys: { AKIACI: 'secret' }, ...puller },
      'kubernetes-node': { accessKeys: { AKIANODE: 'secret' }, ...puller },
      maria: { accessKeys: { AKIAMARIA: 'secret' }, policies: ['AmazonEC2ContainerRegistryPowerUser'] },
    },
  },
}

/** What those who pull may not do by their own policies: import what is not cached yet. */
const registryPolicy = {
  Version: '2012-10-17',
  Statement: Object.keys(rules).map((prefix) => ({
    Sid: `Import-${prefix}`,
    Effect: 'Allow',
    Principal: { AWS: ['ci', 'kubernetes-node', 'maria'].map((name) => `arn:aws:iam::${ACCOUNT}:user/${name}`) },
    Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
    Resource: `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/${prefix}/*`,
  })),
}

const ACCEPT = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ')

/** Pulls an image for linux/amd64 as Docker does. */
async function pull({ registry }, { username, password }, repository, tag) {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const get = async (path) => {
    const answer = await fetch(`http://${registry}/v2/${repository}/${path}`, {
      headers: { authorization, accept: ACCEPT },
    })
    if (!answer.ok) throw new Error(`${path} of ${repository}: ${answer.status} ${await answer.text()}`)
    return Buffer.from(await answer.arrayBuffer())
  }
  const { manifests } = JSON.parse(await get(`manifests/${tag}`))
  const { digest } = manifests.find(({ platform }) => platform.architecture === 'amd64')
  const { config, layers } = JSON.parse(await get(`manifests/${digest}`))
  await Promise.all([config, ...layers].map((blob) => get(`blobs/${blob.digest}`)))
}

/** Puts an image with layers of so many megabytes in the upstream, under its name there. */
function publish(upstream, repository, tag, megabytes, version) {
  const layers = [0.6, 0.3, 0.1].map((part) => ({ bytes: Math.round(part * megabytes * 1_000_000) }))
  const name = repository.slice(repository.indexOf('/') + 1)
  return upstream.image(name, tag, { platforms: ['linux/amd64', 'linux/arm64'], layers, version })
}

/** Creates the rules, and allows the users who pull to import through them. */
async function configure(ecr) {
  const client = ecr.client()
  for (const [ecrRepositoryPrefix, upstreamRegistryUrl] of Object.entries(rules)) {
    const needsSecret = ecrRepositoryPrefix === 'docker-hub'
    await client.send(
      new CreatePullThroughCacheRuleCommand({
        ecrRepositoryPrefix,
        upstreamRegistryUrl,
        ...(needsSecret && { credentialArn: ecr.upstream.credentialArn }),
      }),
    )
  }
  await client.send(new PutRegistryPolicyCommand({ policyText: JSON.stringify(registryPolicy) }))
}

/** An hour in which more and more is pulled, a tag moves, and for some minutes an upstream does not answer. */
async function liveThroughAnHour(ecr, setAway) {
  const random = sequence(20_261_130)
  setAway(-MINUTES * MINUTE_MS)
  await configure(ecr)
  for (const [repository, tag, megabytes] of images) publish(ecr.upstream, repository, tag, megabytes, '1')
  ecr.upstream.slow({ latency: '40ms' })
  const people = await Promise.all(
    ['AKIACI', 'AKIANODE', 'AKIAMARIA'].map((accessKeyId) =>
      ecr.login({ credentials: { accessKeyId, secretAccessKey: 'secret' } }),
    ),
  )
  const often = images.flatMap((image) => Array(image[3]).fill(image))
  for (let minute = 0; minute < MINUTES; minute++) {
    setAway((minute - MINUTES) * MINUTE_MS)
    if (minute === 30) publish(ecr.upstream, 'docker-hub/library/node', '22-alpine', 9, '2')
    const outage = minute % 20 === 14 ? ecr.upstream.outage({ image: 'prometheus/prometheus', status: 503 }) : undefined
    const pulls = 2 + Math.round(5 * random() + 4 * Math.sin(minute / 9) ** 2)
    for (let i = 0; i < pulls; i++) {
      const [repository, tag] = often[Math.floor(random() * Math.min(often.length, 9 + minute))]
      const person = people[Math.floor(random() ** 2 * people.length)]
      await pull(ecr, person, repository, tag).catch((error) => {
        if (outage === undefined) throw error
      })
    }
    if (outage) await ecr.settled()
    outage?.lift()
  }
  await ecr.settled()
  setAway(0)
}

/** The Chromium or Chrome of this machine. */
function browserFile() {
  const names = ['chromium', 'google-chrome', 'chromium-browser']
  const files = names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  const found = files.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('There is no Chromium: scripts/install-system-tools.sh')
  return found
}

async function openConsole({ endpoint }) {
  const browser = await chromium.launch({ executablePath: browserFile() })
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${endpoint}/console/`)
  await page.getByLabel('Access key ID').fill('AKIAADMIN')
  await page.getByLabel('Secret access key').fill('secret')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation').first().waitFor()
  return { page, close: () => browser.close() }
}

/** Photographs the page that a link of the navigation opens. */
async function photograph(page, link, name) {
  await page.getByRole('link', { name: link, exact: true }).first().click()
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.waitForTimeout(2_000)
  const path = join(FOLDER, `${name}.png`)
  await page.screenshot({ path })
  const { size } = await stat(path)
  if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MAX_BYTES}`)
  process.stdout.write(`${path} ${Math.round(size / 1000)} kB\n`)
}

const setAway = timeTravel()
const { startEcrLocal } = createRequire(import.meta.url)('../dist/library.cjs')
const ecr = await startEcrLocal({
  accounts,
  // The SDK sets its clock by the Date of answers, which Node takes from the machine.
  signatures: { maxSkewSeconds: 7_200 },
  pullThroughCache: { checkIntervalSeconds: 600, retryIntervalSeconds: 300 },
})
await liveThroughAnHour(ecr, setAway)
await mkdir(FOLDER, { recursive: true })
const { page, close } = await openConsole(ecr)
await photograph(page, 'Dashboard', 'dashboard')
await photograph(page, 'Pull through cache', 'pull-through-cache')
// An image that takes a while: its layers are seen moving.
publish(ecr.upstream, 'docker-hub/pytorch/pytorch', 'latest', 60, '1')
ecr.upstream.slow({ bytesPerSecond: 2_000_000, image: 'pytorch/pytorch' })
const login = await ecr.login({ credentials: { accessKeyId: 'AKIACI', secretAccessKey: 'secret' } })
pull(ecr, login, 'docker-hub/pytorch/pytorch', 'latest').catch(() => {})
await photograph(page, 'Activity', 'activity')
await close()
process.exit(0)
