// Starts ecr-local on a runner of GitHub Actions, waits until it answers, and points the AWS clients of later steps at it.
// It needs nothing but Node: a runner checks out this repository and installs nothing.
import { startContainer } from './container.js'
import { readOptions } from './options.js'
import { startProgram } from './program.js'
import { exportVariables, run, setOutputs } from './runner.js'

/** Only the services that ecr-local serves are sent to it: other services of AWS stay where they are. */
const addresses = (endpoint, registry) => ({
  AWS_ENDPOINT_URL_ECR: endpoint,
  AWS_ENDPOINT_URL_ECR_PUBLIC: endpoint,
  AWS_ENDPOINT_URL_STS: endpoint,
  ECR_LOCAL_ENDPOINT: endpoint,
  ECR_LOCAL_REGISTRY: registry,
})

const credentials = ({ credentials, region }) =>
  credentials === 'none'
    ? {}
    : {
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        // A token of another account that an earlier step exported would be sent along.
        AWS_SESSION_TOKEN: '',
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
      }

await run(async () => {
  const options = readOptions()
  const { endpoint, registry, log } =
    options.use === 'image' ? await startContainer(options) : await startProgram(options)
  setOutputs({ endpoint, registry, log })
  exportVariables({ ...addresses(endpoint, registry), ...credentials(options) })
  process.stdout.write(`ecr-local answers at ${endpoint}; images are named ${registry}/<repository>:<tag>\n`)
})
