/** As whom, for what and for which host a control plane signs its requests to the data plane of another process. */
export const controlPlaneSigner = {
  service: 'ecr-local',
  region: 'us-east-1',
  accessKeyId: 'control-plane',
  host: 'data-plane',
} as const
