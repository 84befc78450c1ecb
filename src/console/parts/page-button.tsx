import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import { useHref, useNavigate } from 'react-router'

/** A button that leads to another page of the same registry. */
export function PageButton({ to, ...props }: { readonly to: string } & Omit<ButtonProps, 'href' | 'onFollow'>) {
  const navigate = useNavigate()
  return (
    <Button
      {...props}
      href={useHref(to)}
      onFollow={(event) => {
        event.preventDefault()
        void navigate(to)
      }}
    />
  )
}
