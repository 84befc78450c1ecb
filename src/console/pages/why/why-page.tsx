import { Route, Routes } from 'react-router'
import { DecisionOfRequest } from './decision-of-request.js'
import { RecentRefusals } from './recent-refusals.js'

/** Why?: the latest refusals, and the decision about one request. */
export const WhyPage = () => (
  <Routes>
    <Route index element={<RecentRefusals />} />
    <Route path=":requestId" element={<DecisionOfRequest />} />
  </Routes>
)
