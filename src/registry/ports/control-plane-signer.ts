/** The scope and the key id with which a control plane signs its requests to a data plane in another process. */
export const controlPlaneSigner = {
  service: 'ecr-local',
  region: 'us-east-1',
  accessKeyId: 'control-plane',
  host: 'data-plane',
} as const
