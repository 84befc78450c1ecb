import { claimedScope } from '../sigv4/claimed-scope.js'
import type { ReceivedRequest } from './authenticate.js'
import { awsJson } from './protocols/aws-json.js'
import { awsQuery } from './protocols/aws-query.js'
import type { Protocol } from './protocols/protocol.js'
import type { Service } from './services/service.js'
import { services } from './services/services.js'

/** Where a call goes. */
export interface Dispatch {
  readonly service: Service
  readonly protocol: Protocol
}

/** The protocols, in the order in which they are asked. */
const protocols: readonly Protocol[] = [awsQuery, awsJson]

/** The service and the protocol of a call, read off the head of the request: its body may still be on its way. */
export function dispatch(request: ReceivedRequest): Dispatch {
  const protocol = protocols.find((candidate) => candidate.claims(request)) ?? awsJson
  return { protocol, service: protocol === awsJson ? services.ecr : queryService(request) }
}

/** By the credential. A call whose credential names neither service is refused by STS, which unsigned calls are for, too. */
const queryService = (request: ReceivedRequest): Service =>
  claimedScope({ ...request, body: request.body as Buffer })?.service === 'iam' ? services.iam : services.sts
