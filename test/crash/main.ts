/**
 * Everything that was thought of against a deployment, in one go: exit code 0 only where nothing broke.
 *
 *     npm run crash -- [--part walk] [--scenario NAME] [--from K] [--to K] [--stride N] [--workers 2] [--dist DIR] [--keep]
 *
 * The last line is a summary with the counts. What a machine cannot do (no strace, no root) is said and counted as skipped.
 */
import process from 'node:process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withBenches } from './benches.ts';
import { PARTS } from './parts.ts';
import { summaryLine, type Report } from './report.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    scenario: { type: 'string' },
    from: { type: 'string', default: '1' },
    to: { type: 'string', default: '1000000' },
    stride: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    dist: { type: 'string', default: 'dist' },
    keep: { type: 'boolean', default: false },
  },
});

const scope = {
  scenario: values.scenario ?? null,
  from: Number(values.from),
  to: Number(values.to),
  stride: Number(values.stride),
  say,
};
const options = {
  main: resolve(join(values.dist, 'cli/main.js')),
  workers: Number(values.workers),
  keep: values.keep,
};

const reports = await withBenches(options, async (benches) => {
  if (values.keep) say(`everything is kept in ${benches.folder}`);
  const all: Report[] = [];
  for (const [name, run] of Object.entries(PARTS)) {
    if (values.part !== undefined && values.part !== name) continue;
    const startedAt = performance.now();
    const report = await run(benches, scope);
    all.push(report);
    for (const reason of report.skipped) say(`SKIPPED ${name}: ${reason}`);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    say(`${name}: ${report.tried} ${report.unit}, ${report.broken.length} broken, ${seconds} s`);
  }
  return all;
});

process.stdout.write(`${summaryLine(reports)}\n`);
process.exitCode = reports.some(({ broken }) => broken.length > 0) ? 1 : 0;
