/** The failures of `report`: pages that cannot be drawn, or not be put where they were wanted. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const REPORT_FAILURES = {
  REPORT_NO_CHARTS: {
    exitCode: 1,
    summary: 'The library that draws the charts of a report, echarts, is not installed.',
    hint: 'Install it beside milton, or make the report on a machine that has it: npm install -g echarts@6.1.0',
    aftermath: 'unchanged',
  },
  REPORT_NOT_OURS: {
    exitCode: 1,
    summary: 'A report was to be written where a file stands that is no report; only reports are replaced.',
    hint: 'Name another file, or remove the one that stands there.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type ReportCode = keyof typeof REPORT_FAILURES;

export class ReportFailure extends Failure<ReportCode> {
  constructor(code: ReportCode, message: string, options?: FailureOptions) {
    super(REPORT_FAILURES, code, message, options);
  }
}
