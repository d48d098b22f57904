/** `report`: a benchmark run as a page for people: charts, tables, and the choice explained. */
export { REPORT_FAILURES, ReportFailure, type ReportCode } from './error.ts';
export { isReport, renderReport } from './on-first-use.ts';
export type { RenderReportOptions } from './render-report.ts';
