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
      setParameters(withParameter(currentParameters(), name, value === fallback ? '' : value), { replace: true }),
    [name, fallback, setParameters],
  )
  return [parameters.get(name) ?? fallback, choose]
}

/** A parameter of the address that is there or not, such as `edit`. The browser's button Back takes the change back. */
export function useFlag(name: string): readonly [boolean, (isOn: boolean) => void] {
  const [parameters, setParameters] = useSearchParams()
  const choose = (isOn: boolean) => {
    const after = currentParameters()
    if (isOn) after.set(name, '')
    else after.delete(name)
    setParameters(after)
  }
  return [parameters.has(name), choose]
}

/** The values of a parameter that the address may have several times, and how it is removed. */
export function useParameters(name: string): readonly [readonly string[], () => void] {
  const [parameters, setParameters] = useSearchParams()
  const remove = () => setParameters(withParameter(currentParameters(), name, ''), { replace: true })
  return [parameters.getAll(name), remove]
}

/**
 * The parameters of the address as it is now. Those that a component has rendered with may be older than a change that
 * another one has just made, and a change that begins with them would undo it.
 */
export const currentParameters = (): URLSearchParams => new URLSearchParams(location.search)

/** Parameters with another value of one of them; an empty one is left out. */
export function withParameter(before: URLSearchParams, name: string, value: string): URLSearchParams {
  const after = new URLSearchParams(before)
  if (value === '') after.delete(name)
  else after.set(name, value)
  return after
}
