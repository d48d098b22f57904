/** What a walk has found: how much was tried, and everything that broke, with the way to see it again. */

export interface Broken {
  readonly part: string;
  readonly scenario: string;
  /** Which point, or which size. */
  readonly k: number;
  /** What was going on there. */
  readonly what: string;
  readonly problems: readonly string[];
}

export interface Report {
  /** What counts, in words: `points`, `power cuts` … */
  readonly unit: string;
  readonly part: string;
  readonly scenarios: number;
  readonly tried: number;
  readonly broken: readonly Broken[];
  /** Why something was not tried at all. */
  readonly skipped: readonly string[];
}

/** Everything about one that broke, with the command that tries it again. */
export function describeBroken({ part, scenario, k, what, problems }: Broken): readonly string[] {
  return [
    `BROKEN ${part} ${scenario} k=${k}: ${what}`,
    ...problems.map((problem) => `  ${problem}`),
    `  again: npm run crash -- --part ${part} --scenario ${scenario} --from ${k} --to ${k} --keep`,
  ];
}

/** `crash: 900 points in 13 scenarios, 210 power cuts in 3 scenarios, 0 broken` */
export function summaryLine(reports: readonly Report[]): string {
  const counts = reports
    .filter(({ tried }) => tried > 0)
    .map(
      ({ tried, unit, scenarios }) =>
        `${tried} ${unit} in ${scenarios} ${scenarios === 1 ? 'scenario' : 'scenarios'}`,
    );
  const broken = reports.reduce((sum, report) => sum + report.broken.length, 0);
  const skipped = reports.reduce((sum, report) => sum + report.skipped.length, 0);
  return `crash: ${[...counts, `${broken} broken`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ')}`;
}
