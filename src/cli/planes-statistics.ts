import type { Config } from '../config/config.js'
import type { Period, Statistics } from '../control-plane/admin/admin-answers.js'
import { hasList, hasMember, isRefusal, notEcrLocal, refusesToTell, requestPlane } from './plane-client.js'

/** The settings with which the commands that ask a running emulator find it. */
export type PlaneSettings = Pick<Config, 'host' | 'port' | 'tlsCert' | 'adminToken'>

/** Asks the control plane what the planes did in a period. Throws UsageError with its refusal. */
export async function statisticsOf(settings: PlaneSettings, period: Period): Promise<Statistics> {
  const { endpoint, status, body } = await requestPlane(settings, `/_admin/statistics?period=${period}`)
  if (status === 200 && isStatistics(body)) return body
  if (isRefusal(body)) throw refusesToTell(endpoint, body)
  throw notEcrLocal(endpoint)
}

const isStatistics = (body: unknown): body is Statistics =>
  ['buckets', 'images', 'pullers', 'rules'].every((name) => hasList(body, name)) &&
  hasMember(body, 'total') &&
  ['pulls', 'bytes', 'checks', 'latency'].every((name) => hasMember(body.total, name))
