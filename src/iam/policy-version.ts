/** Only the newer version knows policy variables. */
export type PolicyVersion = '2008-10-17' | '2012-10-17'
