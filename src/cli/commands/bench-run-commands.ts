/** The commands below `milton bench` that look at runs: each is loaded when it is asked for. */
import type { CommandEntry } from '../lazy-command.ts';

export const BENCH_RUN_COMMANDS: readonly CommandEntry[] = [
  {
    name: 'list',
    description: 'The runs there are, newest first.',
    load: async () => (await import('./bench-list.ts')).defineBenchList,
  },
  {
    name: 'show',
    argument: ['[run]', 'a run by name or path (default: the newest)'],
    description: 'One run: ranking, speed, quality, what to know, and what would be chosen.',
    load: async () => (await import('./bench-show.ts')).defineBenchShow,
  },
  {
    name: 'compare',
    description: 'Two runs: what differs, by how much, and whether that is noise.',
    load: async () => (await import('./bench-compare.ts')).defineBenchCompare,
  },
  {
    name: 'report',
    argument: ['[run]', 'a run by name or path (default: the newest)'],
    description: 'One run as a page with charts: one file, nothing to load.',
    load: async () => (await import('./bench-report.ts')).defineBenchReport,
  },
];
