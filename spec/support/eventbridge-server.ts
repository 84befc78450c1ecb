import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sizeOf } from '../../src/adapters/eventbridge/put-events-batches.js'

/** An entry of PutEvents as it is sent: times are epoch seconds. */
export interface SentEntry {
  Time: number
  Source: string
  DetailType: string
  Detail: string
  Resources: string[]
  EventBusName: string
}

/** The result of an entry. */
export type EntryResult = { EventId: string } | { ErrorCode: string; ErrorMessage: string }

/** Stands in for EventBridge's PutEvents: awsJson1.1, its limits and its partial failures. */
export interface EventBridgeServer extends AsyncDisposable {
  readonly endpoint: string
  /** The entries of each request that was answered with 200. */
  readonly requests: SentEntry[][]
  /** The Region of each such request, from the scope of its signature. */
  readonly regions: string[]
  /** The entries that were accepted, in their order. */
  readonly accepted: SentEntry[]
  /** Decides about an entry; by default each is accepted. */
  decide: (entry: SentEntry) => EntryResult
  /** While it is set, requests are answered with this status. */
  outage: number | undefined
}

const accept = (): EntryResult => ({ EventId: crypto.randomUUID() })

export async function eventBridgeServer(): Promise<EventBridgeServer> {
  const state = { requests: [], regions: [], accepted: [], decide: accept, outage: undefined } as Omit<
    EventBridgeServer,
    'endpoint' | typeof Symbol.asyncDispose
  >
  const server = createServer((req, res) => void answer(req, res, state)).listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  })
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  state: Omit<EventBridgeServer, 'endpoint' | typeof Symbol.asyncDispose>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  const send = (status: number, body: object) =>
    void res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  if (state.outage !== undefined) return send(state.outage, { __type: 'InternalException', message: 'outage' })
  const { headers } = req
  if (headers['x-amz-target'] !== 'AWSEvents.PutEvents' || headers['content-type'] !== 'application/x-amz-json-1.1')
    return send(400, { __type: 'UnknownOperationException' })
  const [, region] = /Credential=[^/]+\/\d{8}\/([^/]+)\/events\/aws4_request/.exec(headers.authorization ?? '') ?? []
  if (region === undefined) return send(400, { __type: 'MissingAuthenticationTokenException' })
  const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries: SentEntry[] }
  const bytes = Entries.reduce((sum, { Time, ...entry }) => sum + sizeOf({ ...entry, Time: new Date(Time) }), 0)
  if (Entries.length > 10 || bytes > 262_144)
    return send(400, { __type: 'ValidationException', message: '1 validation error detected' })
  const results = Entries.map(state.decide)
  state.requests.push(Entries)
  state.regions.push(region)
  state.accepted.push(...Entries.filter((_, index) => 'EventId' in results[index]!))
  send(200, { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results })
}
