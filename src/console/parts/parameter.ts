import { useSearchParams } from 'react-router'

/** A parameter of the page's address, for what distinguishes one view from another. Without a value it is left out. */
export function useParameter(name: string, absent = ''): readonly [string, (value: string) => void] {
  const [parameters, setParameters] = useSearchParams()
  const set = (value: string) =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before)
        if (value === absent) after.delete(name)
        else after.set(name, value)
        return after
      },
      { replace: true },
    )
  return [parameters.get(name) ?? absent, set]
}
