import { useEffect, useState } from 'react'
import type { Status } from '../../control-plane/admin/status-route.js'
import { useAdmin } from './admin.js'

/** The answer of `GET /_admin/clock`. */
type EmulatorClock = NonNullable<Status['clock']>

/** The time of the emulator as a page shows it. */
interface EmulatorTime {
  /** Undefined until it is known, and where the admin endpoints do not answer. */
  readonly now: Date | undefined
  /** How far it is ahead of the machine's time. */
  readonly advancedSeconds: number | undefined
  readonly error: unknown
}

const ASKED_EVERY_MS = 10_000

/** The time of the emulator. It goes on by the second, and is asked for again every ten: others may advance it. */
export function useEmulatorTime(): EmulatorTime {
  const { data, dataUpdatedAt, error } = useAdmin<EmulatorClock>('/clock', { refetchInterval: ASKED_EVERY_MS })
  const [machineTime, setMachineTime] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setMachineTime(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const since = Math.max(0, machineTime - dataUpdatedAt)
  return { now: data && new Date(Date.parse(data.now) + since), advancedSeconds: data?.advancedSeconds, error }
}
