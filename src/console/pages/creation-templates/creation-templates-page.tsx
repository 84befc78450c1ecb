import { Navigate, Route, Routes } from 'react-router'
import { UnknownPage } from '../../parts/unknown-page.js'
import { CreationTemplateDetails } from './creation-template-details.js'
import { CreationTemplateTable } from './creation-template-table.js'
import { CreateTemplate, EditTemplate } from './creation-template-forms.js'

/** Creation templates: the table, one template, and the form for it. A prefix may be called like a page. */
export const CreationTemplatesPage = () => (
  <Routes>
    <Route index element={<CreationTemplateTable />} />
    <Route path="create" element={<CreateTemplate />} />
    <Route path="templates" element={<Navigate to=".." replace />} />
    <Route path="templates/:prefix" element={<CreationTemplateDetails />} />
    <Route path="templates/:prefix/edit" element={<EditTemplate />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)
