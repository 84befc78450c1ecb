import { DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const sdk = createRequire(import.meta.url).resolve('@opentelemetry/sdk-trace-node')

/** The tracing that a user registers before the emulator starts; its exporter prints a line for every span. */
const tracing = `
import { NodeTracerProvider, SimpleSpanProcessor } from ${JSON.stringify(sdk)}
const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { name, kind, attributes, parentSpanContext, status } = span
      const { traceId, spanId } = span.spanContext()
      const told = { name, kind, attributes, status, traceId, spanId, parent: parentSpanContext?.spanId }
      process.stdout.write(JSON.stringify({ span: told }) + '\\n')
    }
    done({ code: 0 })
  },
  async shutdown() {},
}
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
`
const [SERVER, CLIENT] = [1, 2]
const traceId = '0af7651916cd43dd8448eb211c80319c'
const sender = 'b7ad6b7169203331'

interface Span {
  readonly name: string
  readonly kind: number
  readonly attributes: Record<string, string | number>
  readonly status: { code: number }
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
}

let upstream: FaultyUpstream
let emulator: EmulatorProcess
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let ecr: ECRClient

beforeAll(async () => {
  upstream = await faultyUpstream()
  directory = await temporaryDirectory()
  const file = join(directory.path, 'tracing.mjs')
  await writeFile(file, tracing)
  const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
  emulator = await emulatorProcess({ config, env: { NODE_OPTIONS: `--import ${file}` } })
  ecr = ecrClient(emulator)
  await ecr.send(createRule())
})
afterAll(async () => {
  await emulator[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const spans = (): Span[] =>
  emulator.process.lines.flatMap((line) =>
    line.startsWith('{"span"') ? [(JSON.parse(line) as { span: Span }).span] : [],
  )

const spanOf = (requestId: string | null | undefined) =>
  expect.poll(() => spans().find(({ attributes }) => attributes['aws.request_id'] === requestId))

describe('traces with a registered SDK', () => {
  it('A call is a span with its operation and request id, and its transactions are spans below it', async () => {
    const { $metadata } = await ecr
      .send(new DescribeImagesCommand({ repositoryName: 'nowhere' }))
      .catch((error: unknown) => error as { $metadata: { requestId: string } })
    await spanOf($metadata.requestId).toMatchObject({
      ...{ name: 'DescribeImages', kind: SERVER, status: { code: 0 } },
      attributes: { 'http.request.method': 'POST', 'http.response.status_code': 400, 'rpc.method': 'DescribeImages' },
    })
    const created = spans().find(({ name }) => name === 'CreatePullThroughCacheRule')
    expect(spans()).toContainEqual(expect.objectContaining({ name: 'transaction', parent: created?.spanId }))
  })

  it('A first pull continues the trace of its sender, with its upstream requests as spans below it', async () => {
    upstream.addImage('team/app', { tag: 'v1', layers: 1, layerSize: 1000 })
    const answer = await fetch(`http://${emulator.registry}/v2/ecr-public/team/app/manifests/v1`, {
      headers: {
        authorization: `Basic ${await authorizationToken(ecr)}`,
        traceparent: `00-${traceId}-${sender}-01`,
      },
    })
    expect(answer.status).toBe(200)
    const requestId = answer.headers.get('x-amzn-requestid')
    await spanOf(requestId).toMatchObject({ name: 'BatchGetImage', kind: SERVER, traceId, parent: sender })
    const pull = spans().find(({ attributes }) => attributes['aws.request_id'] === requestId)
    const below = () => spans().filter(({ traceId: id, kind }) => id === traceId && kind === CLIENT)
    await expect
      .poll(() =>
        below()
          .map(({ name }) => name)
          .sort(),
      )
      .toEqual(['upstream blob', 'upstream blob', 'upstream manifest'])
    expect(below()[0]).toMatchObject({ attributes: { 'server.address': 'public.ecr.aws' }, parent: pull?.spanId })
  })
})
