import { ecr } from './ecr/ecr.js'
import { ecrPublic } from './ecr-public/ecr-public.js'
import { iam } from './iam/iam.js'
import type { Service, ServiceName } from './service.js'
import { sts } from './sts/sts.js'

/** The services that the control plane serves. */
export const services: Readonly<Record<ServiceName, Service>> = { ecr, 'ecr-public': ecrPublic, iam, sts }
