// What the release workflow asks before it publishes and writes afterwards:
//   node scripts/release.js check v0.2.0 <owner>/<repository>   is everything ready? prints name=value lines for the workflow
//   node scripts/release.js notes 0.2.0                         the part of CHANGELOG.md about a version
import { readFileSync } from 'node:fs'

const REPOSITORY = 'https://github.com/'

/** Throws with everything that has to be done before a release; returns what the workflow needs to know about it. */
function check(tag, repository) {
  const { version, repository: source } = JSON.parse(readFileSync('package.json', 'utf8'))
  const address = typeof source === 'string' ? source : source?.url
  const named = address?.replace(/^git\+/, '').replace(/\.git$/, '')
  const faults = [
    tag !== `v${version}` && `The tag is ${tag}, and package.json has the version ${version}: tag v${version}.`,
    address === undefined &&
      `package.json names no repository, which npm's provenance needs: "repository": { "type": "git", "url": "git+${REPOSITORY}${repository}.git" }.`,
    address !== undefined &&
      named !== `${REPOSITORY}${repository}` &&
      `package.json names the repository ${address}, and this one is ${REPOSITORY}${repository}.`,
    ...changelogFaults(version),
  ].filter(Boolean)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return plan(version, repository)
}

function changelogFaults(version) {
  const section = sectionOf(version)
  if (section === undefined) return [`CHANGELOG.md has no section "## ${version} — <date>".`]
  const faults = [
    !/ — \d{4}-\d\d-\d\d$/.test(section.title) &&
      `The section of ${version} in CHANGELOG.md has no date: "${section.title}".`,
    section.text === '' && `The section of ${version} in CHANGELOG.md is empty.`,
  ]
  return faults
}

/** A version such as 0.3.0-rc.1 is found by those who ask for it, and moves neither `latest` nor `0.3`. */
function plan(version, repository) {
  const isPrerelease = version.includes('-')
  const image = `ghcr.io/${repository.toLowerCase()}`
  const tags = isPrerelease ? [version] : [version, version.split('.').slice(0, 2).join('.'), 'latest']
  return {
    version,
    image,
    tags: tags.map((tag) => `${image}:${tag}`).join(','),
    npmTag: isPrerelease ? 'next' : 'latest',
    prerelease: isPrerelease,
  }
}

/** The part of CHANGELOG.md below the heading of a version, without the heading. */
function sectionOf(version) {
  const [, ...sections] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m)
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version)
  if (section === undefined) return undefined
  const [title, ...lines] = section.split('\n')
  return { title: title.trim(), text: lines.join('\n').trim() }
}

const [task, ...operands] = process.argv.slice(2)
try {
  if (task === 'check' && operands.length === 2) {
    const lines = Object.entries(check(...operands)).map(([name, value]) => `${name}=${value}\n`)
    process.stdout.write(lines.join(''))
  } else if (task === 'notes' && operands.length === 1) {
    const section = sectionOf(operands[0])
    if (section === undefined) throw new Error(`CHANGELOG.md has no section of ${operands[0]}.`)
    process.stdout.write(`${section.text}\n`)
  } else throw new Error('node scripts/release.js check <tag> <owner>/<repository>, or notes <version>')
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
