/** What somebody should know about the numbers of a benchmark before they choose by them. Pure. */
import { escapeText, type Warning } from '../core/index.ts';
import type { MeasuredCandidate } from './bench-measure.ts';

export function benchWarnings(measured: readonly MeasuredCandidate[]): readonly Warning[] {
  return measured.flatMap((one) => {
    const version = escapeText(one.candidate.entry.version);
    const warnings: Warning[] = [];
    if (one.failure !== null) {
      const { code, message } = one.failure;
      warnings.push({ code: 'BENCH_CANDIDATE_FAILED', message: `${version}: ${code}: ${message}` });
    }
    if (one.noisyBecause.length > 0) {
      const when =
        one.carriedOver === null
          ? ''
          : ` (in ${escapeText(one.carriedOver.run_id)}; --again measures it anew)`;
      const reasons = escapeText(one.noisyBecause.join('; '), 500);
      const message = `The speed of ${version} cannot be trusted: ${reasons}${when}.`;
      warnings.push({ code: 'BENCH_NOISY', message });
    }
    if (one.hasSeenSuite) {
      const message = `${version} has seen these questions: it was trained on them, and its scores show less than they seem to.`;
      warnings.push({ code: 'BENCH_SUITE_SEEN', message });
    }
    return warnings;
  });
}
