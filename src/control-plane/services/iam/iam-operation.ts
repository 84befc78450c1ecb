import type * as sdk from '@aws-sdk/client-iam'
import type { Principal } from '../../../registry/principal.js'
import type { Context } from '../context.js'
import type { SdkInput, SdkOperationName, SdkOutput } from '../sdk-types.js'

/** Every operation that the AWS SDK has for IAM. */
export type OperationName = SdkOperationName<typeof sdk>

/** One operation of IAM. */
export interface Operation<N extends OperationName> {
  /** Throws the refusal of a caller that may not call the operation at all. Runs before the input is validated. */
  refuseCaller?(principal: Principal): void
  run(input: SdkInput<typeof sdk, N>, context: Context): Promise<SdkOutput<typeof sdk, N>>
}
