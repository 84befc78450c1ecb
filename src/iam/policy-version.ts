/** Versions of the policy language. Only 2012-10-17 has policy variables. */
export type PolicyVersion = '2008-10-17' | '2012-10-17'
