// Writes docs/errors.md from the catalogues of the built code: every code that a user can meet, once.
//   node scripts/write-errors-page.mjs [--check] [FILE]
// With --check nothing is written: exit 1, and the first line that differs, if the page is not what the code says.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const INTRODUCTION = `# Errors

Whatever ends a job has a permanent code. Milton Edge prints it with what happened, what was expected and received, the
state that things are in now, and the next step; \`--json\` prints the same as one object under \`error\`. This page is
generated from the code (\`npm run docs:errors\`).

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed, nothing changed; missing or unreadable input among them |
| 2 | wrong usage |
| 3 | refused: input that was read and judged (verification, thresholds, compatibility, load test) |
| 4 | failed and rolled back |
| 5 | needs a person |
| 70 | internal error: a bug of ours, please report it |
| 130 | interrupted |

*Aftermath* is the state of what was being changed. Where it is empty, either nothing was being changed or it depends on
the step that was reached; the error itself then says it. A hint may be more exact in the case at hand than it is here.
`;

const args = process.argv.slice(2);
const path = args.find((arg) => arg !== '--check') ?? PAGE;
const page = renderPage(await readCatalogues());

if (!args.includes('--check')) {
  writeFileSync(path, page);
} else {
  const difference = firstDifference(existsSync(path) ? readFileSync(path, 'utf8') : '', page);
  if (difference !== null) {
    console.error(`${path} is not what the code says. Run: npm run docs:errors\n${difference}`);
    process.exitCode = 1;
  }
}

/** Every `*_FAILURES` of every room's `error.js`, in the order of the rooms' names. */
async function readCatalogues() {
  const rooms = readdirSync(DIST, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
  const catalogues = [];
  for (const room of rooms) {
    const file = join(DIST, room, 'error.js');
    if (!existsSync(file)) continue;
    const exported = Object.entries(await import(pathToFileURL(file).href));
    const found = exported.filter(([name]) => name.endsWith('_FAILURES')).map(([, catalogue]) => catalogue);
    if (found.length === 0) throw new Error(`src/${room}/error.ts exports no *_FAILURES.`);
    catalogues.push({ room, catalogue: Object.assign({}, ...found) });
  }
  return catalogues;
}

function renderPage(catalogues) {
  return [INTRODUCTION, ...catalogues.map(renderRoom)].join('\n');
}

function renderRoom({ room, catalogue }) {
  const rows = Object.entries(catalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { exitCode, aftermath, summary, hint }]) => [
      `\`${code}\``,
      String(exitCode),
      aftermath ?? '',
      toCell(summary),
      toCell(hint),
    ]);
  const head = ['code', 'exit code', 'aftermath', 'when it appears', 'what to do'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `## ${room}\n\n${lines.join('\n')}\n`;
}

/** Text of one line in which nothing is taken for Markdown. */
function toCell(text) {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|*_<>[\]`]/g, String.raw`\$&`);
}

function firstDifference(before, after) {
  if (before === after) return null;
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  const line = at === -1 ? now.length : at;
  return `line ${line + 1}\n  - ${old[line] ?? '(the end)'}\n  + ${now[line] ?? '(the end)'}`;
}
