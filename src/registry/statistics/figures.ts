import type { Failure } from '../failure.js'
import { addSteps, type Histogram } from './histogram.js'

/** Counted apart: from the cache, and from the upstream. */
export interface BySource {
  cache: number
  upstream: number
}

/** Checks whether a cached tag has moved: answered by the upstream, or failed. */
export interface Checks {
  answered: number
  failed: number
}

/** Pulls by one name: an image, or a caller. */
export interface NamedPulls {
  pulls: number
  bytes: number
}

/** What a cache rule did. */
export interface RuleFigures {
  /** Pulls answered from the cache, and pulls that needed the upstream. */
  hits: number
  misses: number
  /** Bytes that clients got from the cache, and from the upstream. */
  bytesSpared: number
  bytesFetched: number
  checks: Checks
  lastFailure: Failure | null
}

/** What happened in a span of time. Figures of any processes, registries and spans can be summed. */
export interface Figures {
  pulls: BySource
  /** Bytes that clients were sent. */
  bytes: BySource
  checks: Checks
  /** How long clients waited for a manifest: for a cached one, and for one that was imported for them. */
  latency: { warm: Histogram; cold: Histogram }
  images: Map<string, NamedPulls>
  /** By ARN. */
  pullers: Map<string, NamedPulls>
  /** By ecrRepositoryPrefix. */
  rules: Map<string, RuleFigures>
}

/** The figures of a span in which nothing has happened. */
export const noFigures = (): Figures => ({
  pulls: { cache: 0, upstream: 0 },
  bytes: { cache: 0, upstream: 0 },
  checks: { answered: 0, failed: 0 },
  latency: { warm: new Map(), cold: new Map() },
  images: new Map(),
  pullers: new Map(),
  rules: new Map(),
})

/** The figures of a rule that has done nothing. */
export const noRuleFigures = (): RuleFigures => ({
  hits: 0,
  misses: 0,
  bytesSpared: 0,
  bytesFetched: 0,
  checks: { answered: 0, failed: 0 },
  lastFailure: null,
})

/** Adds all figures to others. `nameIn` makes names unique where several registries are summed. */
export function addFigures(to: Figures, from: Figures, nameIn = (name: string) => name): void {
  addSources(to.pulls, from.pulls)
  addSources(to.bytes, from.bytes)
  addChecks(to.checks, from.checks)
  for (const [step, count] of from.latency.warm) addSteps(to.latency.warm, step, count)
  for (const [step, count] of from.latency.cold) addSteps(to.latency.cold, step, count)
  for (const [name, { pulls, bytes }] of from.images) addPulls(to.images, nameIn(name), pulls, bytes)
  for (const [name, { pulls, bytes }] of from.pullers) addPulls(to.pullers, name, pulls, bytes)
  for (const [name, figures] of from.rules) addRule(to.rules, nameIn(name), figures)
}

/** The figures under a name, which begin with nothing. */
export function figuresOf<K, T>(by: Map<K, T>, name: K, begin: () => T): T {
  const found = by.get(name)
  if (found) return found
  const begun = begin()
  by.set(name, begun)
  return begun
}

/** Adds pulls to those of a name. */
export function addPulls(by: Map<string, NamedPulls>, name: string, pulls: number, bytes: number): void {
  const figures = figuresOf(by, name, () => ({ pulls: 0, bytes: 0 }))
  figures.pulls += pulls
  figures.bytes += bytes
}

/** The entries with the most pulls, the most pulled first. */
export const mostPulled = (by: Map<string, NamedPulls>, atMost: number): [string, NamedPulls][] =>
  [...by].sort(([, a], [, b]) => b.pulls - a.pulls || b.bytes - a.bytes).slice(0, atMost)

function addSources(to: BySource, { cache, upstream }: BySource): void {
  to.cache += cache
  to.upstream += upstream
}

function addChecks(to: Checks, { answered, failed }: Checks): void {
  to.answered += answered
  to.failed += failed
}

function addRule(by: Map<string, RuleFigures>, name: string, from: RuleFigures): void {
  const to = figuresOf(by, name, noRuleFigures)
  to.hits += from.hits
  to.misses += from.misses
  to.bytesSpared += from.bytesSpared
  to.bytesFetched += from.bytesFetched
  addChecks(to.checks, from.checks)
  to.lastFailure = laterOf(to.lastFailure, from.lastFailure)
}

/** The later one of two failures. */
export const laterOf = (a: Failure | null, b: Failure | null): Failure | null => (!a || (b && b.time >= a.time) ? b : a)
