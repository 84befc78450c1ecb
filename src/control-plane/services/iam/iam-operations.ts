import type { Operation, OperationName } from './iam-operation.js'
import { getRole } from './operations/get-role.js'

/**
 * The operations of IAM that are built: only the one, of some 180, that Terraform and the CDK call for a service-linked
 * role.
 */
export const operations: { readonly [N in OperationName]?: Operation<N> } = {
  GetRole: getRole,
}
