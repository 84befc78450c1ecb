import { ECRClient, type ServiceInputTypes, type ServiceOutputTypes } from '@aws-sdk/client-ecr'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useNotifications } from '../layout/notifications.js'
import { useSession } from '../session/session-context.js'
import { failureOf } from './request-failure.js'

/** A command of the ECR API with its input and output. */
export type EcrCommand<I extends ServiceInputTypes, O extends ServiceOutputTypes> = Parameters<
  typeof ECRClient.prototype.send<I, O>
>[0]

/** The client of the ECR API, signed with the credentials of this session. */
export function useEcrClient(): ECRClient {
  const { credentials, region } = useSession()
  return useMemo(
    // What the service refuses is shown at once, not tried again by the client; see `isWorthRetrying`.
    () => new ECRClient({ region, credentials, endpoint: location.origin, maxAttempts: 1 }),
    [credentials, region],
  )
}

/** How a query may differ from the usual. */
interface QueryOptions {
  /** Asks only once this is true. */
  readonly enabled?: boolean
  /** Asks again after so many milliseconds. */
  readonly refetchInterval?: number | false
  /** `static`: what was answered never changes, and is not asked for again. */
  readonly staleTime?: 'static'
}

/** The answer to one call of the ECR API. `name` is the operation, under which it is kept together with the input. */
export function useEcr<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  name: string,
  command: EcrCommand<I, O>,
  options: QueryOptions = {},
) {
  const client = useEcrClient()
  return useQuery({
    queryKey: ['ecr', name, command.input],
    queryFn: ({ signal }) => client.send(command, { abortSignal: signal }),
    ...options,
  })
}

/**
 * The same for what need not exist, such as a policy: null if the answer is the refusal with the code `absent`. So a
 * form that is open for something new stays as it is while everything is asked for anew. Its key is another one than
 * that of `useEcr`, whose answer is never null.
 */
export function useEcrOptional<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  name: string,
  command: EcrCommand<I, O>,
  absent: string,
  options: QueryOptions = {},
) {
  const client = useEcrClient()
  return useQuery({
    queryKey: ['ecr', 'optional', name, command.input],
    queryFn: async ({ signal }): Promise<O | null> => {
      try {
        return await client.send(command, { abortSignal: signal })
      } catch (thrown) {
        if (failureOf(thrown).code === absent) return null
        throw thrown
      }
    },
    ...options,
  })
}

/** The most items that a list shows; a longer one says so. */
export const MAX_ITEMS = 5_000

/** All items of a list of the ECR API, page after page, up to `MAX_ITEMS`. */
export function useEcrList<T>(
  name: string,
  input: object,
  pages: (client: ECRClient) => AsyncIterable<readonly T[] | undefined>,
  options: QueryOptions = {},
) {
  const client = useEcrClient()
  return useQuery({
    queryKey: ['ecr', 'list', name, input],
    queryFn: async ({ signal }) => {
      const items: T[] = []
      for await (const page of pages(client)) {
        signal.throwIfAborted()
        items.push(...(page ?? []))
        if (items.length >= MAX_ITEMS) return items.slice(0, MAX_ITEMS)
      }
      return items
    },
    ...options,
  })
}

/** What is said when a change has been made. */
interface ChangeOptions<V, R> {
  readonly succeeded?: (variables: V, result: R) => string
  readonly onSuccess?: (result: R, variables: V) => void
}

/**
 * A change through the ECR API: `mutate` makes it, and everything shown is asked for anew. It is said in a notification
 * when it has succeeded; the component shows the error.
 */
export function useEcrChange<V, R>(
  change: (client: ECRClient, variables: V) => Promise<R>,
  { succeeded, onSuccess }: ChangeOptions<V, R> = {},
) {
  const client = useEcrClient()
  const queries = useQueryClient()
  const { notify } = useNotifications()
  return useMutation({
    mutationFn: (variables: V) => change(client, variables),
    async onSuccess(result, variables) {
      if (succeeded) notify('success', succeeded(variables, result))
      onSuccess?.(result, variables)
    },
    onSettled: () => queries.invalidateQueries(),
  })
}
