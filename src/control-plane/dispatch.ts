import { claimedScope } from '../sigv4/claimed-scope.js'
import { awsJson, isForEcrPublic } from './protocols/aws-json.js'
import { awsQuery } from './protocols/aws-query.js'
import type { Protocol } from './protocols/protocol.js'
import type { RequestHead } from './received-request.js'
import type { Service } from './services/service.js'
import { services } from './services/services.js'

/** The service and the protocol of a call. */
export interface Dispatch {
  readonly service: Service
  readonly protocol: Protocol
}

/** The protocols, in the order in which they are tried. */
const protocols: readonly Protocol[] = [awsQuery, awsJson]

/**
 * Determines the service and the protocol of a call from its method, path and headers, because its body may not have
 * arrived yet.
 */
export function dispatch(request: RequestHead): Dispatch {
  const protocol = protocols.find((candidate) => candidate.claims(request)) ?? awsJson
  return { protocol, service: protocol === awsJson ? jsonService(request) : queryService(request) }
}

/** ECR also refuses calls of services that are not served. */
const jsonService = (request: RequestHead): Service => (isForEcrPublic(request) ? services['ecr-public'] : services.ecr)

/**
 * STS or IAM, by the scope of the credential. STS handles calls that name neither, including unsigned ones, and refuses
 * them.
 */
const queryService = ({ method, path, headers }: RequestHead): Service =>
  claimedScope({ method, path, headers, body: NO_BODY })?.service === 'iam' ? services.iam : services.sts

const NO_BODY = Buffer.alloc(0)
