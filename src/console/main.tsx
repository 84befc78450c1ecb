import '@cloudscape-design/global-styles/index.css'
import { createRoot } from 'react-dom/client'
import { Application } from './application.js'
import { followAppearance } from './layout/appearance.js'

const root = document.getElementById('console')
if (!root) throw new Error('index.html has no element #console')
followAppearance()
createRoot(root).render(<Application />)
