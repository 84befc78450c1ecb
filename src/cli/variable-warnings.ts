import { settings } from '../config/settings.js'
import { closestTo } from './did-you-mean.js'

const PREFIX = 'ECR_LOCAL_'

const variables: readonly string[] = settings.map(({ environment }) => environment)
const names = variables.map((variable) => variable.slice(PREFIX.length))

/** A variable of docker-compose.yml. */
const OF_COMPOSE_FILE = 'ECR_LOCAL_S3_PORT'

/**
 * What Kubernetes tells the Pods beside a Service whose name begins with ecr-local.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/
const ADDRESS_OF_KUBERNETES = /^(?:tcp|udp|sctp):/

/**
 * A warning for each environment variable that is almost the one of a setting. Others are passed over: they may be for
 * another program, or for a version that has more settings.
 */
export function warningsAboutVariables(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([variable, value]) => {
    if (!value || !variable.startsWith(PREFIX) || isKnown(variable, value)) return []
    const meant = closestTo(variable.slice(PREFIX.length), names)
    return meant === undefined ? [] : [`${variable} is not a setting. Did you mean ${PREFIX}${meant}?`]
  })
}

const isKnown = (variable: string, value: string) =>
  variables.includes(variable) ||
  variable === OF_COMPOSE_FILE ||
  OF_KUBERNETES.test(variable) ||
  ADDRESS_OF_KUBERNETES.test(value)
