import type * as sdk from '@aws-sdk/client-sts'
import type { Principal } from '../../../registry/principal.js'
import type { Context } from '../context.js'
import type { SdkInput, SdkOperationName, SdkOutput } from '../sdk-operations.js'

/** Every operation of the AWS SDK for STS. */
export type OperationName = SdkOperationName<typeof sdk>

/** The validated input of an operation: members that the model requires are present. */
export type Input<N extends OperationName> = SdkInput<typeof sdk, N>

/** One operation of STS. */
export interface Operation<N extends OperationName> {
  /** Throws if the caller may not call the operation at all. Runs before the input is validated. */
  refuseCaller?(principal: Principal): void
  run(input: Input<N>, context: Context): SdkOutput<typeof sdk, N> | Promise<SdkOutput<typeof sdk, N>>
}
