import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findScripts } from '../../src/localstack/find-scripts.js'
import { initScripts } from '../../src/localstack/init-scripts.js'
import { regionIn } from '../../src/config/read-config.js'
import { scriptEnvironment } from '../../src/localstack/script-environment.js'
import { eachLine } from '../../src/localstack/script-lines.js'
import { recordedLog } from '../support/recorded-log.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

async function write(directory: string, files: Record<string, string>, mode = 0o755): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    await chmod(path, mode)
  }
}

const sh = (...lines: string[]) => ['#!/bin/sh', ...lines, ''].join('\n')

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('directory of scripts', () => {
  it('The scripts of a directory are the .sh and .py files of the four folders by name, those of a folder before those of its subfolders', async () => {
    await using directory = await temporaryDirectory()
    const names = ['b.sh', 'a.py', '10.sh', '9.sh', 'Z.sh', 'a-folder/1.sh', 'notes.txt', 'run', '.hidden.sh']
    const hidden = ['..data/b.sh', '.git/hooks.sh']
    await write(directory.path, Object.fromEntries([...names, ...hidden].map((name) => [`ready.d/${name}`, ''])))
    await write(directory.path, { 'boot.d/1.sh': '', 'shutdown.d/1.sh': '', 'later.d/1.sh': '', '1.sh': '' })
    await symlink(join(directory.path, 'ready.d'), join(directory.path, 'ready.d/a-folder/loop'))
    await symlink(join(directory.path, 'nowhere.sh'), join(directory.path, 'ready.d/broken.sh'))
    await symlink(join(directory.path, 'boot.d/1.sh'), join(directory.path, 'ready.d/linked.sh'))
    const found = findScripts(directory.path).map(({ stage, path }) => `${stage} ${path.slice(directory.path.length)}`)
    expect(found).toEqual([
      'BOOT /boot.d/1.sh',
      ...['10.sh', '9.sh', 'Z.sh', 'a.py', 'b.sh', 'linked.sh', 'a-folder/1.sh'].map(
        (name) => `READY /ready.d/${name}`,
      ),
      'SHUTDOWN /shutdown.d/1.sh',
    ])
  })

  it('The scripts of a directory are none where there is no directory', () => {
    expect(findScripts('/nonexistent')).toEqual([])
  })

  it('The scripts of a directory are refused in one line where they cannot be read', async () => {
    await using directory = await temporaryDirectory()
    const loop = join(directory.path, 'boot.d')
    await symlink(loop, loop)
    const message = `The init scripts in ${loop} cannot be read (ELOOP): correct its permissions or its links`
    expect(() => findScripts(directory.path)).toThrow(message)
  })
})

describe('stage', () => {
  it('A stage runs its scripts in order, logs what they write, and reports those that fail without leaving out the rest', async () => {
    await using directory = await temporaryDirectory()
    await write(directory.path, {
      'ready.d/01.sh': sh('echo "one $GREETING"', 'echo "to the other stream" >&2', 'printf "no end of line"'),
      'ready.d/02.sh': sh('exit 3'),
      'ready.d/04.sh': '#!/nonexistent/shell\n',
      'ready.d/05.sh': sh('kill -9 $$'),
      'ready.d/06.sh': sh('sleep 30 &', 'echo started'),
      'ready.d/07.py': 'print("from Python")\n',
      'start.d/01.sh': sh('echo "of another stage"'),
    })
    await write(directory.path, { 'ready.d/03.sh': sh('echo unreached') }, 0o644)
    const log = recordedLog()
    const scripts = initScripts(directory.path)
    const states = () => scripts.scripts.map(({ stage, name, state }) => `${stage} ${name} ${state}`)
    expect(new Set(scripts.scripts.map(({ state }) => state))).toEqual(new Set(['UNKNOWN']))
    const environment = { PATH: process.env.PATH, GREETING: 'hello' }
    await scripts.run('READY', { environment, log, signal: new AbortController().signal })

    const shown = log.lines.filter(([level]) => level !== 'debug').map(([level, , message]) => `${level}: ${message}`)
    expect(shown.slice(0, 3).sort()).toEqual(['info: no end of line', 'info: one hello', 'info: to the other stream'])
    expect(shown.slice(3)).toEqual([
      'error: The init script 02.sh failed: it ended with exit status 3',
      'error: The init script 03.sh failed: it is not executable: chmod +x',
      'error: The init script 04.sh failed: the interpreter of its first line does not exist',
      'error: The init script 05.sh failed: it was ended by SIGKILL',
      'info: started',
      'info: from Python',
    ])
    expect(states()).toEqual([
      'START 01.sh UNKNOWN',
      'READY 01.sh SUCCESSFUL',
      ...['02', '03', '04', '05'].map((name) => `READY ${name}.sh ERROR`),
      'READY 06.sh SUCCESSFUL',
      'READY 07.py SUCCESSFUL',
    ])
    expect([scripts.isCompleted('START'), scripts.isCompleted('READY')]).toEqual([false, true])
  })

  it('A stage reports a script that the system cannot start for any other reason, and runs the next', async () => {
    await using directory = await temporaryDirectory()
    await write(directory.path, { 'ready.d/1.sh': '#!/dev/null/sh\n', 'ready.d/2.sh': sh('echo reached') })
    const log = recordedLog()
    const signal = new AbortController().signal
    await initScripts(directory.path).run('READY', { environment: {}, log, signal })
    const tooLong = { LONG: 'x'.repeat(3_000_000) }
    await initScripts(directory.path).run('READY', { environment: tooLong, log, signal })
    const failed = (name: string, reason: string) => `The init script ${name} failed: ${reason}`
    expect(log.lines.filter(([level]) => level !== 'debug').map(([, , message]) => message)).toEqual([
      failed('1.sh', 'the interpreter of its first line does not exist'),
      'reached',
      failed('1.sh', 'the variables of the environment are too long for a program'),
      failed('2.sh', 'the variables of the environment are too long for a program'),
    ])
  })

  it('A stage logs a line in pieces that a script never ends, and the ends of lines of all systems', async () => {
    await using directory = await temporaryDirectory()
    await write(directory.path, {
      'ready.d/1.sh': sh('head -c 1000000 /dev/zero | tr "\\0" a', 'printf "\\none\\r\\ntwo\\rthree\\n\\nfour"'),
    })
    const log = recordedLog()
    const environment = { PATH: process.env.PATH }
    await initScripts(directory.path).run('READY', { environment, log, signal: new AbortController().signal })
    const lines = log.lines.filter(([level]) => level === 'info').map(([, , message]) => message)
    const long = lines.filter((line) => line.startsWith('a'))
    expect(long.join('')).toBe('a'.repeat(1_000_000))
    expect(Math.max(...long.map(({ length }) => length))).toBeLessThan(200_000)
    expect(lines.slice(long.length)).toEqual(['one', 'two', 'three', '', 'four'])
  })

  it('A stage says which interpreter a Python script needs', async () => {
    await using directory = await temporaryDirectory()
    await write(directory.path, { 'boot.d/1.py': 'print(1)' })
    const log = recordedLog()
    const environment = { PATH: '/nonexistent' }
    await initScripts(directory.path).run('BOOT', { environment, log, signal: new AbortController().signal })
    expect(log.lines.at(-1)?.[2]).toBe('The init script 1.py failed: there is no python3 in the PATH')
  })

  it('A stage finds the scripts of later stages that one of the first stage writes', async () => {
    await using directory = await temporaryDirectory()
    const ready = join(directory.path, 'ready.d')
    await write(directory.path, { 'boot.d/1.sh': sh(`mkdir ${ready}`, `touch ${ready}/written.sh`) })
    const scripts = initScripts(directory.path)
    expect(scripts.has('READY')).toBe(false)
    await scripts.run('BOOT', { environment: process.env, log: recordedLog(), signal: new AbortController().signal })
    expect(scripts.scripts).toEqual([
      { stage: 'BOOT', name: '1.sh', state: 'SUCCESSFUL' },
      { stage: 'READY', name: 'written.sh', state: 'UNKNOWN' },
    ])
  })

  it('A stage ends when it is told to, together with what the script has started, and leaves out the scripts after it', async () => {
    await using directory = await temporaryDirectory()
    const pid = join(directory.path, 'pid')
    const stubborn = sh('trap "" TERM', `sh -c 'trap "" TERM; echo $$ >${pid}; sleep 60'`, 'sleep 60')
    await write(directory.path, { 'ready.d/1.sh': stubborn, 'ready.d/2.sh': sh('echo unreached') })
    const scripts = initScripts(directory.path)
    const log = recordedLog()
    const stop = new AbortController()
    const run = scripts.run('READY', { environment: process.env, log, signal: stop.signal })
    while ((await readFile(pid, 'utf8').catch(() => '')) === '') await setTimeout(10)
    expect(scripts.scripts[0]?.state).toBe('RUNNING')
    stop.abort()
    await run
    expect(scripts.scripts.map(({ state }) => state)).toEqual(['ERROR', 'UNKNOWN'])
    expect(log.lines.at(-1)?.[2]).toBe('The init script 1.sh failed: it was stopped, because its time was over')
    const started = Number(await readFile(pid, 'utf8'))
    await expect.poll(() => isAlive(started)).toBe(false)
  })
})

describe('lines of a script', () => {
  it('Lines are the same however they arrive, and a long one has no empty line behind its pieces', async () => {
    const long = 'a'.repeat(70_000)
    const lines: string[] = []
    const input = Readable.from([Buffer.from(long), Buffer.from('\none\r'), Buffer.from('\n\nt'), Buffer.from('wo')])
    eachLine(input, (line) => lines.push(line))
    await finished(input)
    expect(lines).toEqual([long, 'one', '', 'two'])
  })
})

describe('environment of a script', () => {
  const endpoint = 'http://localhost:4566'
  const own = { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', AWS_ENDPOINT_URL: endpoint }
  const test = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

  it.each<[string, NodeJS.ProcessEnv, object]>([
    ['has what the AWS CLI needs', { HOME: '/root' }, { HOME: '/root', ...own, ...test }],
    [
      'keeps the Region',
      { AWS_DEFAULT_REGION: 'eu-west-1' },
      { ...own, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1', ...test },
    ],
    ['has the endpoint of this process only', { AWS_ENDPOINT_URL: 'http://other' }, { ...own, ...test }],
    [
      'keeps the key of an account',
      { AWS_ACCESS_KEY_ID: '111122223333', AWS_SECRET_ACCESS_KEY: 'x' },
      { ...own, ...test, AWS_ACCESS_KEY_ID: '111122223333' },
    ],
    [
      'has no credentials for AWS itself',
      {
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 's',
        AWS_SESSION_TOKEN: 't',
        AWS_PROFILE: 'p',
      },
      { ...own, ...test },
    ],
  ])('The environment of a script %s', (_, environment, expected) => {
    const result = scriptEnvironment(environment, {
      endpoint,
      region: regionIn(environment) ?? 'us-east-1',
      hasDefaultKeys: true,
    })
    expect(JSON.parse(JSON.stringify(result))).toEqual(expected)
  })

  it('The environment of a script has the credentials of this process where the configuration describes access keys', () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 's', AWS_PROFILE: 'p' }
    const result = scriptEnvironment(environment, { endpoint, region: 'us-east-1', hasDefaultKeys: false })
    expect(result).toEqual({ ...environment, ...own })
  })

  it('The environment of a script has no endpoint before there is a port', () => {
    const result = scriptEnvironment({}, { endpoint: undefined, region: 'us-east-1', hasDefaultKeys: true })
    expect(result).not.toHaveProperty('AWS_ENDPOINT_URL')
  })
})
