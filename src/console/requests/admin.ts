import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNotifications } from '../layout/notifications.js'
import { keepItem, keptItem } from '../session/tab-storage.js'

const TOKEN = 'ecr-local admin token'

/** The token of the admin endpoints, if the person gave one to this tab. */
export const adminToken = (): string | undefined => keptItem('session', TOKEN)

/** Keeps the token of the admin endpoints for this tab. Returns whether the browser did. */
export const keepAdminToken = (token: string): boolean => keepItem('session', TOKEN, token)

/** A refusal of an admin endpoint: its sentence, and its status. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal'
  readonly $metadata: { readonly httpStatusCode: number }
  constructor(message: string, httpStatusCode: number) {
    super(message)
    this.$metadata = { httpStatusCode }
  }
}

/** What a refusal says, and what its answer could not take into account. */
interface RefusalBody {
  readonly message?: string
  readonly incomplete?: string
}

/** Sends a request to an admin endpoint; with the token if there is one. The path is below `/_admin`. */
export async function fetchAdmin(path: string, init: RequestInit = {}): Promise<Response> {
  const token = adminToken()
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const response = await fetch(`/_admin${path}`, { ...init, headers: { ...headers, ...init.headers } })
  if (response.ok) return response
  const { message, incomplete } = (await response.json().catch(() => ({}))) as RefusalBody
  const sentences = [message ?? `HTTP ${response.status}`, ...(incomplete === undefined ? [] : [incomplete])]
  throw new AdminRefusal(sentences.join('. '), response.status)
}

/** A path with the parameters that have a value. */
export function pathWith(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

/** The answer of an admin endpoint. The path is below `/_admin`, with its query. */
export function useAdmin<T>(
  path: string,
  options: { readonly enabled?: boolean; readonly refetchInterval?: number | false } = {},
) {
  return useQuery({
    queryKey: ['admin', path],
    queryFn: async ({ signal }) => (await (await fetchAdmin(path, { signal })).json()) as T,
    ...options,
  })
}

/** A change through an admin endpoint, after which everything shown is asked for anew. */
export function useAdminChange<V, R = unknown>(
  path: string,
  { succeeded }: { readonly succeeded?: (result: R) => string } = {},
) {
  const queries = useQueryClient()
  const { notify } = useNotifications()
  return useMutation({
    mutationFn: async (body: V) =>
      (await (await fetchAdmin(path, { method: 'POST', body: JSON.stringify(body) })).json()) as R,
    onSuccess: (result) => succeeded && notify('success', succeeded(result)),
    onSettled: () => queries.invalidateQueries(),
  })
}
