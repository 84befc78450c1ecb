import { readdirSync, readFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { getHeapSpaceStatistics, type HeapSpaceInfo } from 'node:v8'
import { type Histogram, histogram } from './instruments.js'
import type { MetricFamily, Sample } from './text-format.js'

/**
 * The metrics of the process that Node and, on Linux, proc(5) provide, with the names that prom-client gives them and
 * that dashboards expect, after a prefix. Monitoring of the event loop and of garbage collections starts with this
 * call.
 */
export function processMetrics(prefix: string): () => Promise<MetricFamily[]> {
  const collections = garbageCollections(`${prefix}nodejs_gc_duration_seconds`)
  const delay = monitorEventLoopDelay()
  delay.enable()
  const metric: Metric = (type, name, help, ...samples) => ({ name: prefix + name, help, type, samples })
  return async () => {
    const lag = await eventLoopLag()
    const families = [
      ...cpuAndStart(metric),
      ...memory(metric),
      ...fileDescriptors(metric),
      ...eventLoop(metric, lag, delay),
      ...activeWork(metric),
      ...heap(metric),
      versionInfo(metric),
      collections.family(),
    ]
    delay.reset()
    return families
  }
}

type Metric = (type: MetricFamily['type'], name: string, help: string, ...samples: Sample[]) => MetricFamily

const MICROSECONDS = 1e6
const NANOSECONDS = 1e9

function cpuAndStart(metric: Metric): MetricFamily[] {
  const { user, system } = process.cpuUsage()
  const cpu = (kind: string, name: string, microseconds: number) =>
    metric('counter', `process_cpu_${name}seconds_total`, `Total ${kind} CPU time spent in seconds.`, {
      value: microseconds / MICROSECONDS,
    })
  const startedAt = Math.round(performance.timeOrigin / 1000)
  return [
    cpu('user', 'user_', user),
    cpu('system', 'system_', system),
    cpu('user and system', '', user + system),
    metric('gauge', 'process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', {
      value: startedAt,
    }),
  ]
}

/**
 * Memory metrics from /proc, which is read synchronously because no device is involved. Without /proc there is only
 * Node's own figure for the resident set.
 */
function memory(metric: Metric): MetricFamily[] {
  const status = textOfProc('status')
  const bytes = (field: string) => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1]
    return kibibytes === undefined ? [] : [{ value: Number(kibibytes) * 1024 }]
  }
  const resident = status === undefined ? [{ value: process.memoryUsage.rss() }] : bytes('VmRSS')
  return [
    metric('gauge', 'process_resident_memory_bytes', 'Resident memory size in bytes.', ...resident),
    metric('gauge', 'process_virtual_memory_bytes', 'Virtual memory size in bytes.', ...bytes('VmSize')),
    metric('gauge', 'process_heap_bytes', 'Process heap size in bytes.', ...bytes('VmData')),
  ]
}

function fileDescriptors(metric: Metric): MetricFamily[] {
  const limit = /^Max open files +(\d+)/m.exec(textOfProc('limits') ?? '')?.[1]
  if (limit === undefined) return []
  // One of the entries is the descriptor of the directory that is being read.
  const open = readdirSync('/proc/self/fd').length - 1
  return [
    metric('gauge', 'process_open_fds', 'Number of open file descriptors.', { value: open }),
    metric('gauge', 'process_max_fds', 'Maximum number of open file descriptors.', { value: Number(limit) }),
  ]
}

function textOfProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/self/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

async function eventLoopLag(): Promise<number> {
  const startedAt = performance.now()
  await setImmediate()
  return (performance.now() - startedAt) / 1000
}

function eventLoop(metric: Metric, lag: number, delay: ReturnType<typeof monitorEventLoopDelay>): MetricFamily[] {
  const delayGauge = (name: string, help: string, nanoseconds: number) =>
    metric('gauge', `nodejs_eventloop_lag_${name}_seconds`, help, { value: nanoseconds / NANOSECONDS })
  return [
    metric('gauge', 'nodejs_eventloop_lag_seconds', 'Lag of event loop in seconds.', { value: lag }),
    delayGauge('min', 'The minimum recorded event loop delay.', delay.min),
    delayGauge('max', 'The maximum recorded event loop delay.', delay.max),
    delayGauge('mean', 'The mean of the recorded event loop delays.', delay.mean),
    delayGauge('stddev', 'The standard deviation of the recorded event loop delays.', delay.stddev),
    ...[50, 90, 99].map((percentile) =>
      delayGauge(
        `p${percentile}`,
        `The ${percentile}th percentile of the recorded event loop delays.`,
        delay.percentile(percentile),
      ),
    ),
  ]
}

/** The objects that keep the event loop alive. Handles and requests are counted with undocumented functions of Node. */
function activeWork(metric: Metric): MetricFamily[] {
  const node = process as { _getActiveHandles?: () => object[]; _getActiveRequests?: () => object[] }
  const classes = (objects: object[]) => objects.map((object) => object.constructor.name)
  const active: [string, readonly string[] | undefined][] = [
    ['resources', process.getActiveResourcesInfo()],
    ['handles', node._getActiveHandles && classes(node._getActiveHandles())],
    ['requests', node._getActiveRequests && classes(node._getActiveRequests())],
  ]
  return active.flatMap(([what, types]) =>
    types === undefined
      ? []
      : [
          metric('gauge', `nodejs_active_${what}`, `Number of active ${what} by type.`, ...countsByType(types)),
          metric('gauge', `nodejs_active_${what}_total`, `Total number of active ${what}.`, { value: types.length }),
        ],
  )
}

const countsByType = (types: readonly string[]): Sample[] =>
  [...new Set(types)].map((type) => ({ labels: { type }, value: types.filter((other) => other === type).length }))

function heap(metric: Metric): MetricFamily[] {
  const { heapTotal, heapUsed, external } = process.memoryUsage()
  const spaces = getHeapSpaceStatistics()
  const inSpaces = (name: string, size: (space: HeapSpaceInfo) => number) =>
    metric(
      'gauge',
      `nodejs_heap_space_size_${name}_bytes`,
      `Process heap space size ${name} from Node.js in bytes.`,
      ...spaces.map((space) => ({ labels: { space: space.space_name.replace(/_space$/, '') }, value: size(space) })),
    )
  return [
    metric('gauge', 'nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', { value: heapTotal }),
    metric('gauge', 'nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', {
      value: heapUsed,
    }),
    metric('gauge', 'nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', { value: external }),
    inSpaces('total', (space) => space.space_size),
    inSpaces('used', (space) => space.space_used_size),
    inSpaces('available', (space) => space.space_available_size),
  ]
}

function versionInfo(metric: Metric): MetricFamily {
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.')
  const labels = { version: process.version, major, minor, patch }
  return metric('gauge', 'nodejs_version_info', 'Node.js version info.', { labels, value: 1 })
}

const GC_BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5]

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

function garbageCollections(name: string): Histogram {
  const help = 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.'
  const durations = histogram({ name, help, labelNames: ['kind'] }, GC_BUCKETS)
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as PerformanceEntry & { readonly detail?: { readonly kind: number } }
      durations.observe(duration / 1000, GC_KINDS[detail?.kind ?? 0] ?? 'unknown')
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return durations
}
