#!/usr/bin/env node
// The program's entry. Every Node can read it, so that one that is too old says so instead of failing somewhere in a library.
import fs = require('fs')
import path = require('path')

const text = fs.readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')
const { engines } = JSON.parse(text) as { engines: { node: string } }
const wanted = engines.node.replace('>=', '')
const [wantedMajor, wantedMinor] = wanted.split('.').map(Number) as [number, number]
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]

if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
  process.stderr.write(`ecr-local: Node ${process.versions.node} is too old: it wants ${wanted} or later\n`)
  process.exitCode = 2
} else {
  void import('./main.js')
}
