import type * as sdk from '@aws-sdk/client-ecr'
import type { Action, Conditions } from '../../../access/authorize.js'
import type { Registry } from '../../../registry/registry.js'
import type { Context } from '../context.js'
import type { SdkInput, SdkOperationName, SdkOutput, Validated } from '../sdk-operations.js'

/** Every operation of the AWS SDK, and our own. */
export type OperationName = SdkOperationName<typeof sdk> | keyof OurOperations

/** Operations that the service has only as a permission, modelled in smithy-models/ecr-local.json. */
export interface OurOperations {
  BatchImportUpstreamImage: {
    input: Pick<sdk.BatchGetImageRequest, 'registryId' | 'repositoryName' | 'imageIds'>
    output: sdk.BatchGetImageResponse
  }
}

/** The validated input of an operation: members that the model requires are present. */
export type Input<N extends OperationName> = N extends keyof OurOperations
  ? Validated<OurOperations[N]['input']>
  : SdkInput<typeof sdk, N>

/** The output of an operation, which the protocol writes. */
export type Output<N extends OperationName> = N extends keyof OurOperations
  ? OurOperations[N]['output']
  : SdkOutput<typeof sdk, N>

/** A permission that a call needs in addition to the one for its own action. */
export interface Permission {
  readonly action: Action
  readonly resource: string
  /** Condition keys that policies may use here: `iam:PassedToService`. */
  readonly conditions?: Conditions
}

/** One operation of the API. */
export interface Operation<N extends OperationName> {
  /**
   * What the caller needs permission on: ARNs for the operation's own action, and further permissions. Runs before
   * validation, so it must accept any input.
   */
  resources(input: Input<N>, registry: Registry): (string | Permission)[]
  run(input: Input<N>, context: Context): Promise<Output<N>>
}
