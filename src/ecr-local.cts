#!/usr/bin/env node
// The program's entry. It runs on old releases of Node too, so that it can say that they are too old before a library fails.
import fs = require('fs')
import path = require('path')

const text = fs.readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')
const { engines } = JSON.parse(text) as { engines: { node: string } }
const required = engines.node.replace('>=', '')
const [requiredMajor, requiredMinor] = required.split('.').map(Number) as [number, number]
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]

if (major < requiredMajor || (major === requiredMajor && minor < requiredMinor)) {
  process.stderr.write(`ecr-local: Node ${process.versions.node} is too old: ecr-local needs ${required} or later\n`)
  process.exitCode = 2
} else {
  void import('./main.js')
}
