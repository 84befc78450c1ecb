/** One line of the text: a value under its labels. A histogram has lines whose names end with a suffix. */
export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** Samples of one metric. Without samples only its description is written. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

/** The media type of the text. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Writes metrics in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const textOf = (families: readonly MetricFamily[]): string => `${families.map(familyText).join('\n\n')}\n`

const familyText = ({ name, help, type, samples }: MetricFamily): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => sampleText(name, sample))].join('\n')

function sampleText(name: string, { suffix, labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${suffix ?? ''}${pairs.length > 0 ? `{${pairs.join()}}` : ''} ${numberText(value)}`
}

const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')

const numberText = (value: number) => (Math.abs(value) === Infinity ? (value > 0 ? '+Inf' : '-Inf') : String(value))
