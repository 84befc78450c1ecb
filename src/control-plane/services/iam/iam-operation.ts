import type * as sdk from '@aws-sdk/client-iam'
import type { Principal } from '../../../registry/principal.js'
import type { Context } from '../context.js'
import type { SdkInput, SdkOperationName, SdkOutput } from '../sdk-operations.js'

/** Every operation of the AWS SDK for IAM. */
export type OperationName = SdkOperationName<typeof sdk>

/** One operation of IAM. */
export interface Operation<N extends OperationName> {
  /** Throws if the caller may not call the operation at all. Runs before the input is validated. */
  refuseCaller?(principal: Principal): void
  run(input: SdkInput<typeof sdk, N>, context: Context): Promise<SdkOutput<typeof sdk, N>>
}
