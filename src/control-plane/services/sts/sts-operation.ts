import type * as sdk from '@aws-sdk/client-sts'
import type { Principal } from '../../../registry/principal.js'
import type { Context } from '../context.js'
import type { SdkInput, SdkOperationName, SdkOutput } from '../sdk-types.js'

/** Every operation that the AWS SDK has for STS. */
export type OperationName = SdkOperationName<typeof sdk>

/** An operation's input once validated: members that the model requires are present. */
export type Input<N extends OperationName> = SdkInput<typeof sdk, N>

/** One operation of STS. */
export interface Operation<N extends OperationName> {
  /** Throws the refusal of a caller that may not call the operation at all. Runs before the input is validated. */
  refuseCaller?(principal: Principal): void
  run(input: Input<N>, context: Context): SdkOutput<typeof sdk, N>
}
