/** The page and the library that draws it, loaded when the first one is made. */
import type * as page from './render-report.ts';

/** {@inheritDoc page.renderReport} */
export const renderReport: typeof page.renderReport = async (...args) =>
  (await import('./render-report.ts')).renderReport(...args);

/** Whether a text begins as a page of ours. */
export async function isReport(text: string): Promise<boolean> {
  const { REPORT_MARK } = await import('./render-report.ts');
  return text.startsWith(REPORT_MARK);
}
