/** On which machine, with which engine and with which questions a run measured. */
import { formatDuration } from '../../core/index.ts';
import { toRecordedRun, type RecordedCounts } from '../../bench/index.ts';
import type { BenchmarkRun } from '../../evidence/index.ts';
import { formatNumber, plural } from '../numbers.ts';
import { shown, type Fact } from '../text-style.ts';

export function settingFacts(run: BenchmarkRun): readonly Fact[] {
  const { system_info: system, milton } = run;
  const { budgetMs } = toRecordedRun(run);
  const machine = [
    system.hostname,
    system.cpu_info,
    system.cpu_count === null ? null : plural(system.cpu_count, 'processor'),
    system.total_ram_gb === null ? null : `${formatNumber(system.total_ram_gb, 1)} GiB of memory`,
    system.gpu_info,
  ].filter((fact) => fact !== null);
  const engine = [milton?.engine, milton?.engine_version, ...(milton?.engine_flags ?? [])].filter(
    (word) => typeof word === 'string' && word !== '',
  );
  return [
    ['machine', machine.length === 0 ? null : machine.map((fact) => shown(fact)).join(', ')],
    ['engine', engine.length === 0 ? null : engine.map((word) => shown(word)).join(' ')],
    ['suite', describeSuite(run)],
    ['budget', budgetMs === null ? null : formatDuration(budgetMs)],
  ];
}

function describeSuite(run: BenchmarkRun): string | null {
  const { suiteName, suiteCases } = toRecordedRun(run);
  const digest = run.milton?.suite_sha256;
  if (suiteName === null && !digest) return null;
  const counts = describeCounts(suiteCases);
  return `${shown(suiteName)}${digest ? ` (${digest.slice(0, 12)})` : ''}${counts === '' ? '' : `: ${counts}`}`;
}

function describeCounts({ speed, cove, retrieval }: RecordedCounts): string {
  return [
    speed === null ? null : plural(speed, 'prompt'),
    cove === null ? null : plural(cove, 'case'),
    retrieval === null ? null : `${retrieval} ${retrieval === 1 ? 'query' : 'queries'}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}
