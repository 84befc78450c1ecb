import '@cloudscape-design/global-styles/index.css'
import { createRoot } from 'react-dom/client'
import { Application } from './application.js'
import { followAppearance } from './layout/appearance.js'
import { allowParsing } from './requests/trusted-types.js'

const root = document.getElementById('console')
if (!root) throw new Error('index.html has no element #console')
allowParsing()
followAppearance()
createRoot(root).render(<Application />)
