import { useCallback } from 'react'
import { useSearchParams } from 'react-router'

/**
 * A parameter of the address, which is how a view is shown again after a reload or to someone else. Its default is left
 * out of the address.
 */
export function useParameter(name: string, fallback = ''): readonly [string, (value: string) => void] {
  const [parameters, setParameters] = useSearchParams()
  const choose = useCallback(
    (value: string) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before)
          if (value === fallback) after.delete(name)
          else after.set(name, value)
          return after
        },
        { replace: true },
      ),
    [name, fallback, setParameters],
  )
  return [parameters.get(name) ?? fallback, choose]
}
