import { describe, expect, it } from 'vitest'
import { readStoreUrl } from '../../../src/adapters/redis/address.js'

describe('The URL of a store', () => {
  it('A redis:// URL names one server', () => {
    expect(readStoreUrl('redis://cache')).toEqual({
      address: { kind: 'standalone', options: { host: 'cache', port: 6379, db: 0 } },
      wait: 0,
    })
    expect(readStoreUrl('redis://me:p%40ss@[::1]:7000/3?wait=1')).toEqual({
      address: { kind: 'standalone', options: { host: '::1', port: 7000, username: 'me', password: 'p@ss', db: 3 } },
      wait: 1,
    })
    expect(readStoreUrl('rediss://:pw@cache').address.options).toEqual({
      ...{ host: 'cache', port: 6379, password: 'pw', db: 0, tls: {} },
    })
  })
  it('A redis-sentinel:// URL names sentinels and the master they watch', () => {
    expect(readStoreUrl('redis-sentinel://me:pw@a,b:7,c/mymaster/2').address).toMatchObject({
      kind: 'sentinel',
      options: {
        sentinels: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 7 },
          { host: 'c', port: 26379 },
        ],
        ...{ name: 'mymaster', username: 'me', password: 'pw', db: 2 },
      },
    })
  })
  it('A redis-cluster:// URL names some servers of a cluster', () => {
    expect(readStoreUrl('redis-cluster://:pw@a:7000,b:7001?wait=2')).toEqual({
      address: {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
        options: { password: 'pw' },
      },
      wait: 2,
    })
  })
  it.each([
    ['http://cache', 'must begin with redis://'],
    ['redis://', 'must begin with redis://'],
    ['redis://me:hunter2@cache/x', 'database must be a number'],
    ['redis://me:hunter2@a,b', 'several hosts'],
    ['redis://me:hunter2%@a', '%25'],
    ['redis://me:hunter2@a:port', 'is not a host'],
    ['redis-sentinel://me:hunter2@a', "master's name"],
    ['redis-cluster://me:hunter2@a/1', 'only database 0'],
    ['redis://me:hunter2@a?tls=1', 'tls is not a parameter'],
    ['redis://me:hunter2@a?wait=all', 'number of replicas'],
    ['redis://me:hun/hunter2@a', 'percent-encoded'],
    ['redis://me:1234/hunter2@a', 'percent-encoded'],
    ['redis://me:x@hunter2@a', 'percent-encoded'],
    ['redis://me:hunter2@a:99999', '99999 is not a port'],
  ])('The URL %s is refused in one line that does not show the password', (url, why) => {
    expect(() => readStoreUrl(url)).toThrow(why)
    expect(() => readStoreUrl(url)).not.toThrow(/hunter2|\n/)
  })
})
