#!/usr/bin/env node
// The program of the container image: ecr-local with its state where a volume is mounted. That is /var/lib/ecr-local, or
// the directory in which LocalStack keeps its own, if a volume is mounted there.
import { readFileSync } from 'node:fs'
import process from 'node:process'

const OF_LOCALSTACK = '/var/lib/localstack'

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html: the fifth field is where something is mounted. */
const isMounted = (path) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path)

process.env.ECR_LOCAL_DATA_DIR ??= isMounted(OF_LOCALSTACK) ? OF_LOCALSTACK : '/var/lib/ecr-local'
await import('../dist/ecr-local.cjs')
