import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/index.ts';
import { appendJournal, readJournal } from '../../../src/deploy/journal.ts';
import { MAX_JOURNAL_BYTES } from '../../../src/deploy/limits.ts';
import { JournalScript, toJournalLine } from '../../fakes/journal.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-journal-'));
  path = join(folder, 'journal.jsonl');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const { lines } = new JournalScript().deploy('deploy_a').deploy('deploy_b', ['planned', 'staging']);
const [first = toJournalLine(), second = toJournalLine(), third = toJournalLine()] = lines;
const damaged = (message: RegExp) =>
  expect.objectContaining({
    code: 'DEPLOY_JOURNAL_DAMAGED',
    exitCode: 5,
    message: expect.stringMatching(message),
  });

async function writeLines(...texts: readonly string[]): Promise<void> {
  await writeFile(path, texts.map((text) => `${text}\n`).join(''));
}

describe('appendJournal', () => {
  it('writes lines that are read back the same, in order', async () => {
    expect(await readJournal(path)).toEqual([]);
    for (const line of lines) await appendJournal(path, line);
    expect(await readJournal(path)).toEqual(lines);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(lines.length + 1);
  });

  it('writes the lines of a removal, and reads no state that a removal cannot have', async () => {
    const script = new JournalScript().deploy('deploy_a').prune('deploy_a');
    for (const line of script.lines) await appendJournal(path, line);
    expect(await readJournal(path)).toEqual(script.lines);
    const last = { ...script.lines.at(-1), seq: 1 };
    for (const wrong of [{ state: 'live' }, { kind: 'deploy' }, { kind: 'tidy' }]) {
      await writeLines(JSON.stringify({ ...last, ...wrong }));
      await expect(readJournal(path)).rejects.toEqual(damaged(/line 1 is not a line of a journal/));
    }
  });

  it.each([
    ['half a line', JSON.stringify(third).slice(0, 40)],
    ['a line without its newline', JSON.stringify(third)],
    ['half a character', Buffer.from('{"why":"é').subarray(0, -1)],
    ['zeros, as some file systems leave after a power cut', Buffer.alloc(5000)],
    ['more than is read at once', 'x'.repeat(200_000)],
  ])('follows %s that a power cut left, in its place', async (_, torn) => {
    await appendJournal(path, first);
    await appendFile(path, torn);
    expect(await readJournal(path)).toEqual([first]);
    await appendJournal(path, second);
    expect(await readJournal(path)).toEqual([first, second]);
  });

  it('starts over where nothing but half a line was ever written', async () => {
    await writeFile(path, '{"seq":1');
    await appendJournal(path, first);
    expect(await readJournal(path)).toEqual([first]);
  });

  it('leaves the journal as it was when the line cannot be written', async () => {
    await appendJournal(path, first);
    const before = await readFile(path);
    // A limit on the size of files stands in for the full disk; Node ignores the signal that comes with it.
    const script = `
      process.on('SIGXFSZ', () => {});
      const { appendJournal } = await import(${JSON.stringify(new URL('../../../dist/deploy/journal.js', import.meta.url).href)});
      const line = { ...${JSON.stringify(second)}, why: 'x'.repeat(5000) };
      await appendJournal(${JSON.stringify(path)}, line).then(() => console.log('written'), ({ code }) => console.log(code));`;
    const blocks = 2;
    const output = execFileSync(
      'bash',
      ['-c', `ulimit -f ${blocks}; exec "$0" --input-type=module -e "$1"`, process.execPath, script],
      { encoding: 'utf8' },
    );
    expect(output).toBe('SYSTEM_IO\n');
    expect(await readFile(path)).toEqual(before);
    await appendJournal(path, second);
    expect(await readJournal(path)).toEqual([first, second]);
  });

  it('follows no link that stands in its place', async () => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    await symlink(victim, path);
    await expect(appendJournal(path, first)).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
    await expect(readJournal(path)).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
    expect(await readFile(victim, 'utf8')).toBe('precious');
  });
});

describe('readJournal', () => {
  it.each([
    ['a line in the middle that is no JSON', ['{"seq":1,'], /line 1 of/],
    ['an empty line', [''], /line 1/],
    ['a list', ['[]'], /line 1 is not a line of a journal/],
    ['an object with nothing in it', ['{}'], /line 1 is not a line of a journal/],
    [
      'a number out of order',
      [JSON.stringify(first), JSON.stringify(third)],
      /line 2 has the sequence number 3/,
    ],
    [
      'the same line twice',
      [JSON.stringify(first), JSON.stringify(first)],
      /line 2 has the sequence number 1/,
    ],
    ['a state that there is not', [JSON.stringify({ ...first, state: 'lively' })], /line 1 is not/],
    [
      'a release that leads elsewhere',
      [JSON.stringify({ ...first, to: 'deploy_x/../../..' })],
      /line 1 is not/,
    ],
    [
      'a previous release that leads elsewhere',
      [JSON.stringify({ ...first, from: '../..' })],
      /line 1 is not/,
    ],
    [
      'a transaction that leads elsewhere',
      [JSON.stringify({ ...first, transaction: '../x' })],
      /line 1 is not/,
    ],
    ['a verdict that there is not', [JSON.stringify({ ...first, verdicts: { x: 'fine' } })], /line 1 is not/],
    ['NaN', ['{"seq":NaN}'], /NaN/],
    ['a key twice', ['{"seq":1,"seq":1}'], /stands twice/],
    ['bytes that are no text', ['\u{fffd}'], /line 1/],
  ])('refuses %s and names the place', async (_, texts, message) => {
    await writeLines(...texts);
    await expect(readJournal(path)).rejects.toThrow(damaged(message));
  });

  it('refuses bytes that are not UTF-8', async () => {
    await writeFile(path, Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]));
    await expect(readJournal(path)).rejects.toThrow(damaged(/not UTF-8/));
  });

  it('refuses a file that no journal can be, without reading it', async () => {
    await writeFile(path, '');
    await truncate(path, MAX_JOURNAL_BYTES + 1);
    await expect(readJournal(path)).rejects.toThrow(damaged(/more than a journal can have/));
    expect((await stat(path)).blocks).toBe(0);
  });

  it('hangs on no pipe and reads no folder', async () => {
    execFileSync('mkfifo', [path]);
    await expect(readJournal(path)).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
    await rm(path);
    await mkdir(path);
    await expect(readJournal(path)).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
  });

  it('reads or refuses any bytes', async () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc
        .record({ key: fc.constantFrom(...Object.keys(first)), value: fc.jsonValue() })
        .map(({ key, value }) => Buffer.from(`${JSON.stringify({ ...first, [key]: value })}\n`)),
      fc
        .record({ at: fc.nat({ max: 500 }), bit: fc.nat({ max: 7 }) })
        .map(({ at, bit }) => flip(`${JSON.stringify(first)}\n${JSON.stringify(second)}\n`, at, bit)),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        await writeFile(path, bytes);
        try {
          for (const line of await readJournal(path)) expect(line.to).toMatch(/^deploy_[^/]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function flip(text: string, at: number, bit: number): Buffer {
  const bytes = Buffer.from(text);
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
  return bytes;
}
