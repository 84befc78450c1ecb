import Box from '@cloudscape-design/components/box'
import './command-line.css'
import { CopyButton } from './copy-button.js'

/** A command to copy into a terminal. The name says in a few words what it does. */
export const CommandLine = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <div className="command-line">
    <CopyButton variant="icon" text={text} label={`Copy: ${name}`} />
    <Box variant="code">{text}</Box>
  </div>
)
