/** The page of a run: what stands in it, that nothing of a run becomes markup, and how a real browser shows it. */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMilton } from '../../src/cli/index.ts';
import { findChromium, withChromium, type View } from '../fakes/headless-chromium.ts';
import { measuredCandidate, measuredRun } from '../fakes/measured-run.ts';

const EVIL = `<img src=x onerror=alert(1)></title></style></script><script>alert(2)</script>"'\`&{b}\u202e\u0007`;
const EXAMPLE = fileURLToPath(new URL('../fixtures/seed/benchmark-example.json', import.meta.url));

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-report-'));
  const candidates = [
    ...Array.from({ length: 8 }, (_, index) =>
      measuredCandidate(`v1.2026011${index}.1425-q${index}_k`, {
        latencyMs: 12 + 4 * index,
        tokensPerSecond: 480 - 40 * index,
        passed: 24 - (index % 4),
        found: 28 - index,
        seed: index,
        sha256: `0${index}`.repeat(32),
        noisyBecause: index === 3 ? ['the processor was slowed down'] : [],
      }),
    ),
    measuredCandidate(`a-very-long-name-${'of-a-candidate-'.repeat(8)}`, { passed: 9, found: 8 }),
    measuredCandidate('trained-on-it', { seen: true, latencyMs: 30 }),
    measuredCandidate('crashed', { error: 'llama.cpp ended with signal SIGSEGV.' }),
    measuredCandidate('missing', { error: 'There is no such file.' }),
  ];
  await save('many', measuredRun(candidates));
  const evil = measuredCandidate(EVIL, { seen: true, noisyBecause: [EVIL], passed: 10 });
  await save(
    'hostile',
    measuredRun([withEvilCases(evil), measuredCandidate('e', { error: EVIL })], {
      engine: EVIL,
      engine_flags: [EVIL],
      incomplete: true,
    }),
  );
  await copyFile(EXAMPLE, join(folder, 'python.json'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every text that a run may hold. */
function withEvilCases<T>(candidate: T): T {
  const text = JSON.stringify(candidate)
    .replaceAll('"Istanbul"', JSON.stringify(EVIL))
    .replaceAll(/"(?:case-\d+|query-\d+|doc-\d+|tides|facts)"/g, (name) =>
      JSON.stringify(`${name.slice(1, -1)}${EVIL}`),
    );
  return JSON.parse(text) as T;
}

async function save(name: string, run: object): Promise<void> {
  await writeFile(join(folder, `${name}.json`), JSON.stringify(run));
}

async function report(name: string, html = `${name}.html`, ...more: readonly string[]) {
  let stdout = '';
  let stderr = '';
  const args = ['bench', 'report', join(folder, `${name}.json`), '--html', join(folder, html), ...more];
  const exitCode = await runMilton(args, {
    version: '1.2.3',
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { MILTON_STATE_DIR: join(folder, 'state') },
    clock: { now: () => new Date('2026-01-12T20:28:01Z') },
    signals: new EventEmitter(),
    onGiveUp: () => undefined,
  });
  const page = await readFile(join(folder, html), 'utf8').catch(() => '');
  return { exitCode, stdout, stderr, page };
}

describe('milton bench report', () => {
  it('writes one page with the choice, the notes, the charts, each question and the conditions', async () => {
    const { exitCode, stdout, stderr, page } = await report('many');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^written {2}.*many\.html\n/);
    for (const text of [
      'Chosen: <strong>v1.20260110.1425-q0_k</strong>',
      'crashed could not be measured: llama.cpp ended with signal SIGSEGV.',
      'trained-on-it has seen these questions',
      'cannot be trusted: the processor was slowed down.',
      'Speed against quality',
      'Time to the first token',
      'case-24',
      'query-30',
      'cove_pass_rate 37.5 % is below the minimum 90 % by 52.5 %',
      'ab'.repeat(32),
    ]) {
      expect(page).toContain(text);
    }
    // Four charts and the scores, each in two sizes.
    expect(page.match(/<svg /g)).toHaveLength(10);
  });

  it('is the same page for the same run, and weighs as it is told to', async () => {
    const first = await report('many');
    expect((await report('many')).page).toBe(first.page);
    const json = JSON.parse(
      (await report('many', 'b.html', '--weights', 'retrieval=1', '--json')).stdout,
    ) as object;
    expect(json).toMatchObject({
      ok: true,
      html: join(folder, 'b.html'),
      recommended_model: 'v1.20260110.1425-q0_k',
    });
  });

  it('says what a run of another program does not state', async () => {
    const { exitCode, page } = await report('python');
    expect(exitCode).toBe(0);
    expect(page).toContain('The run states no single measurements.');
    expect(page).toContain('The run states no single cases.');
  });

  it('replaces a report, and nothing else', async () => {
    expect((await report('python')).exitCode).toBe(0);
    await writeFile(join(folder, 'letter.html'), '<!doctype html>\n<p>Dear reader,');
    const { exitCode, stderr, page } = await report('python', 'letter.html');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('REPORT_NOT_OURS');
    expect(page).toBe('<!doctype html>\n<p>Dear reader,');
  });

  it('lets nothing of a run become markup', async () => {
    const { exitCode, page } = await report('hostile');
    expect(exitCode).toBe(0);
    expect(page).toContain('incomplete: cut short');
    expect(page.match(/<(?:script|img|iframe|object|embed|base|form|a|audio|video)\b/gi)).toBeNull();
    expect(page.match(/<(?:style|title|link|meta)\b/g)).toHaveLength(7);
    // What stands in quotes has none itself, so that without the values the attributes are left.
    const bare = page.replaceAll(/"[^"]*"/g, '""');
    expect(bare).not.toMatch(/<[^<>]*\s(?:on\w+|style|src)\s*=/i);
    expect(page.match(/href="[^"]*"/g)).toEqual(['href="data:,"']);
    // oxlint-disable-next-line no-control-regex
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(page.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg")/g)).toBeNull();
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    const digest = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });
});

const chromium = findChromium();

describe('the page in a real browser (needs chromium)', () => {
  it.skipIf(chromium === null)(
    'asks for nothing, complains of nothing, and shows its charts: light and dark, wide, narrow and on paper',
    async () => {
      await report('many');
      await report('hostile');
      const views: readonly View[] = [
        { width: 1100, scheme: 'light' },
        { width: 1100, scheme: 'dark' },
        { width: 400, scheme: 'light' },
        { width: 718, scheme: 'dark', media: 'print' },
      ];
      await withChromium(chromium ?? '', async (open) => {
        for (const name of ['many', 'hostile']) {
          const url = pathToFileURL(join(folder, `${name}.html`)).href;
          const page = await open(url, { width: 1100, scheme: 'light' });
          for (const view of views) {
            await page.show(view);
            const seen = await page.evaluate<Seen>(LOOK);
            expect(seen).toMatchObject({
              scripts: 0,
              styled: true,
              isDark: view.scheme === 'dark' && !view.media,
            });
            expect(seen.charts).toHaveLength(5);
            for (const [width, height] of seen.charts) {
              expect(width).toBeGreaterThan(250);
              expect(height).toBeGreaterThan(50);
            }
            // Tables scroll by themselves; the page never does sideways.
            if (view.media !== 'print') expect(seen.overflow).toBe(0);
          }
          expect(page.troubles).toEqual([]);
        }
      });
    },
    120_000,
  );

  it.skipIf(chromium === null)(
    'would be seen to complain: a script is refused, and an address is asked for',
    async () => {
      const { page } = await report('many');
      const added = page.replace('</main>', '<script>alert(1)</script><img src="nothing.png"></main>');
      const open = (allowed: string) =>
        added.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, allowed);
      const [, policy = ''] = /(<meta http-equiv="Content-Security-Policy"[^>]*>)/.exec(added) ?? [];
      const troubles: string[] = [];
      await withChromium(chromium ?? '', async (show) => {
        for (const meta of [policy, '']) {
          const path = join(folder, 'broken.html');
          await writeFile(path, open(meta));
          const shown = await show(pathToFileURL(path).href, { width: 1100, scheme: 'light' });
          troubles.push(shown.troubles.join('\n'));
        }
      });
      expect(troubles[0]).toMatch(/Content Security Policy/);
      expect(troubles[0]).not.toContain('dialog');
      expect(troubles[1]).toMatch(/a dialog opened/);
      expect(troubles[1]).toMatch(/request: file:.*nothing\.png/);
    },
    120_000,
  );
});

interface Seen {
  readonly scripts: number;
  readonly styled: boolean;
  readonly isDark: boolean;
  /** By how much the page is wider than the window. */
  readonly overflow: number;
  readonly charts: readonly (readonly [width: number, height: number])[];
}

/** Runs in the page, past its policy, as the tools of a developer do. */
const LOOK = `(() => {
  const [red] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
  const boxes = [...document.querySelectorAll('.chart svg')].map((svg) => svg.getBoundingClientRect());
  return {
    scripts: document.scripts.length,
    styled: getComputedStyle(document.querySelector('.verdict')).borderLeftStyle === 'solid',
    isDark: red < 128,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    charts: boxes.filter(({ width }) => width > 0).map(({ width, height }) => [width, height]),
  };
})()`;
