import cluster from 'node:cluster'
import { once } from 'node:events'

/*
 * Several processes of a program on one port, among which node:cluster distributes the connections in turn. A balancer
 * that costs nothing for a request, as the kernel's do (IPVS, or the rules of kube-proxy): the process that accepts a
 * connection hands its socket to the one that serves it.
 *
 *     node one-port.js <count> <program> [arguments]
 */
const [, , count = '1', exec = '', ...args] = process.argv
cluster.setupPrimary({ exec, args })
const workers = Array.from({ length: Number(count) }, () => cluster.fork())
process.once('SIGTERM', () => {
  for (const worker of workers) worker.process.kill('SIGTERM')
})
await Promise.all(workers.map((worker) => once(worker, 'exit')))
