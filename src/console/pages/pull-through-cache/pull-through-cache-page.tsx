import { Navigate, Route, Routes } from 'react-router'
import { UnknownPage } from '../../parts/unknown-page.js'
import { AddRulePage } from './add-rule-page.js'
import { RulePage } from './rule-page.js'
import { RulesPage } from './rules-page.js'

/** Pull through cache: the rules, one of them, and the steps that add one. */
export const PullThroughCachePage = () => (
  <Routes>
    <Route index element={<RulesPage />} />
    <Route path="add" element={<AddRulePage />} />
    <Route path="rules" element={<Navigate to=".." relative="path" replace />} />
    <Route path="rules/:prefix" element={<RulePage />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)
