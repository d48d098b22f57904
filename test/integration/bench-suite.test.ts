import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_SUITE_DIRECTORY,
  initSuite,
  loadDefaultSuite,
  loadSuite,
  suiteJsonSchemas,
} from '../../src/bench/index.ts';
import { Failure, formatJson, isErrno, type JsonValue } from '../../src/core/index.ts';

/** A document of any kind, as it was read. */
interface Loose {
  readonly [key: string]: unknown;
  readonly cases: Loose[];
  readonly prompts: Loose[];
  readonly documents: Loose[];
  readonly queries: Loose[];
}

let folder = '';
let count = 0;

/** The example, with one file replaced by what `change` makes of it. */
async function suiteWith(name: string, change: (document: Loose) => unknown): Promise<string> {
  const directory = join(folder, `suite-${(count += 1)}`);
  await initSuite(directory);
  const text = await readFile(join(directory, name), 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return '{}';
    throw error;
  });
  const changed = change(JSON.parse(text) as Loose);
  const written = typeof changed === 'string' ? changed : formatJson(changed as JsonValue);
  await writeFile(join(directory, name), written);
  return directory;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-suite-'));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('initSuite', () => {
  it('writes an example that loads without a warning', async () => {
    const directory = join(folder, 'new/example');
    const paths = await initSuite(directory);
    expect(paths.map((path) => path.slice(directory.length + 1)).toSorted()).toEqual([
      'cove.json',
      'retrieval.json',
      'speed.json',
      'suite.json',
    ]);
    const { suite, warnings } = await loadSuite(directory);
    expect(warnings).toEqual([]);
    expect(suite).toMatchObject({ name: 'example', seenBy: [] });
    expect([suite.speed.length, suite.cove.length, suite.retrieval.queries.length]).toEqual([4, 4, 5]);
  });

  it('overwrites nothing, not even one of the files', async () => {
    const directory = join(folder, 'taken');
    await mkdir(directory);
    await writeFile(join(directory, 'cove.json'), 'mine');
    await expect(initSuite(directory)).rejects.toMatchObject({
      code: 'BENCH_SUITE_EXISTS',
      aftermath: 'unchanged',
    });
    expect(await readdir(directory)).toEqual(['cove.json']);
    expect(await readFile(join(directory, 'cove.json'), 'utf8')).toBe('mine');
  });
});

describe('loadSuite', () => {
  it.each(['speed', 'cove', 'retrieval'])('misses %s.json, and says how to write one', async (part) => {
    const directory = await suiteWith('speed.json', (document) => document);
    await rm(join(directory, `${part}.json`));
    await expect(loadSuite(directory)).rejects.toMatchObject({
      code: 'BENCH_SUITE_MISSING',
      details: { received: `no ${part}.json` },
      hint: expect.stringMatching(/milton bench suite init/) as string,
    });
  });

  it('needs no suite.json, and is then called after its folder or as told', async () => {
    const directory = await suiteWith('speed.json', (document) => document);
    await rm(join(directory, 'suite.json'));
    expect((await loadSuite(directory)).suite).toMatchObject({ name: directory, description: null });
    expect((await loadSuite(directory, { name: 'mine' })).suite.name).toBe('mine');
  });

  it('names every field that is wrong, with its file and its place', async () => {
    const directory = await suiteWith('cove.json', ({ cases }) => ({
      cases: [
        { ...cases[0], draft: 7 },
        { ...cases[1], accepted: [] },
        { ...cases[2], verdict: 'x' },
      ],
    }));
    await writeFile(join(directory, 'speed.json'), '{"prompts": []}');
    const failure = await loadSuite(directory).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'BENCH_SUITE_INVALID',
      details: {
        wrong_fields: [
          'speed.json prompts: expected at least 1 item, received a list of 0',
          'cove.json cases[0].draft: expected string, received 7',
          'cove.json cases[1].accepted: expected at least 1 item, received a list of 0',
          'cove.json cases[2]: expected no other key, received "verdict"',
        ],
      },
    });
  });

  it.each<[string, string, (document: Loose) => unknown, string]>([
    [
      'an id that stands twice',
      'cove.json',
      ({ cases: [first, ...rest] }) => ({ cases: [first, first, ...rest] }),
      'cases[1].id',
    ],
    [
      'a document twice',
      'retrieval.json',
      ({ documents: [first, ...rest], queries }) => ({ documents: [first, first, ...rest], queries }),
      'documents[1].id',
    ],
    [
      'a query for a document that is not there',
      'retrieval.json',
      ({ documents, queries: [first] }) => ({
        documents,
        queries: [{ ...first, relevant: ['kettle', 'x'] }],
      }),
      'queries[0].relevant[1]',
    ],
    [
      'a document that is relevant twice',
      'retrieval.json',
      ({ documents, queries: [first] }) => ({
        documents,
        queries: [{ ...first, relevant: ['kettle', 'kettle'] }],
      }),
      'queries[0].relevant[1]',
    ],
    [
      'a wrong draft that is an accepted answer',
      'cove.json',
      ({ cases: [first] }) => ({ cases: [{ ...first, draft: ' Eight.' }] }),
      'cases[0].draft_is_right',
    ],
    [
      'an accepted answer of spaces',
      'cove.json',
      ({ cases: [first] }) => ({ cases: [{ ...first, accepted: ['8', ' '] }] }),
      'cases[0].accepted[1]',
    ],
    [
      'an id with a path in it',
      'speed.json',
      ({ prompts: [first] }) => ({ prompts: [{ ...first, id: '../x' }] }),
      'prompts[0].id',
    ],
    [
      'a prompt longer than any context',
      'speed.json',
      ({ prompts: [first] }) => ({ prompts: [{ ...first, prompt: 'x'.repeat(40_000) }] }),
      'prompts[0].prompt',
    ],
    ['words without their places', 'prompts.json', () => ({ final: 'Verdict of {question}?' }), 'final'],
    ['a list for a file', 'speed.json', () => [], 'the top level'],
  ])('refuses %s', async (_what, name, change, field) => {
    const directory = await suiteWith(name, change);
    await expect(loadSuite(directory)).rejects.toMatchObject({
      code: 'BENCH_SUITE_INVALID',
      details: { file: name, field },
    });
  });

  it('shows a hundred of many wrong fields', async () => {
    const directory = await suiteWith('cove.json', () => ({
      cases: Array.from({ length: 200 }, () => ({})),
    }));
    const failure = (await loadSuite(directory).catch((error: unknown) => error)) as Failure;
    const lines = failure.details['wrong_fields'] as string[];
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatch(/^and \d+ more$/);
  });

  it('refuses a file that is larger than any suite, before it is parsed', async () => {
    const directory = await suiteWith('speed.json', () => ' '.repeat(9 * 1024 * 1024));
    await expect(loadSuite(directory)).rejects.toMatchObject({ code: 'CORE_JSON_LIMIT' });
  });

  it('warns where a model that always says the same would go too far', async () => {
    const directory = await suiteWith('cove.json', ({ cases }) => ({
      cases: [cases[1], cases[2], { ...cases[1], id: 'again' }, cases[0]],
    }));
    expect((await loadSuite(directory)).warnings).toEqual([
      {
        code: 'BENCH_DRAFTS_UNBALANCED',
        message: expect.stringContaining('3 of 4 drafts') as string,
      },
    ]);
  });

  it('loads any JSON or refuses it, and never anything else', async () => {
    const directory = await suiteWith('speed.json', (document) => document);
    const names = ['speed.json', 'cove.json', 'retrieval.json', 'prompts.json', 'suite.json'];
    const keys = fc.constantFrom(
      'prompts',
      'cases',
      'documents',
      'queries',
      'id',
      'accepted',
      'relevant',
      'x',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, 1.5, '', 'a'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 3 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), tree, async (name, value) => {
        const copy = join(folder, 'any');
        await rm(copy, { recursive: true, force: true });
        await cp(directory, copy, { recursive: true });
        await writeFile(join(copy, name), JSON.stringify(value));
        await loadSuite(copy).catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('the digest of a suite', () => {
  const digestOf = async (directory: string): Promise<string> => (await loadSuite(directory)).suite.sha256;

  it('stays where only what no model sees has changed', async () => {
    const plain = await digestOf(await suiteWith('speed.json', (document) => document));
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf(await suiteWith('speed.json', (document) => JSON.stringify(document)))).toBe(plain);
    expect(
      await digestOf(
        await suiteWith('suite.json', () => ({ name: 'other', description: 'x', seen_by: ['v1'] })),
      ),
    ).toBe(plain);
    const sorted = await suiteWith('cove.json', ({ cases }) => ({
      cases: cases.map((one) => Object.fromEntries(Object.entries(one).toReversed())),
    }));
    expect(await digestOf(sorted)).toBe(plain);
    const spelt = await suiteWith('speed.json', ({ prompts: [first, ...rest] }) => ({
      prompts: [{ ...first, max_tokens: 64 }, ...rest],
    }));
    expect(await digestOf(spelt)).toBe(plain);
  });

  it.each<[string, string, (document: Loose) => unknown]>([
    [
      'a prompt',
      'speed.json',
      ({ prompts: [first, ...rest] }) => ({ prompts: [{ ...first, prompt: 'x' }, ...rest] }),
    ],
    ['the order', 'cove.json', ({ cases }) => ({ cases: cases.toReversed() })],
    [
      'an accepted answer',
      'cove.json',
      ({ cases: [first, ...rest] }) => ({ cases: [{ ...first, accepted: ['x'] }, ...rest] }),
    ],
    [
      'a document',
      'retrieval.json',
      ({ documents: [first, ...rest], queries }) => ({
        documents: [{ ...first, text: 'x' }, ...rest],
        queries,
      }),
    ],
    ['the words', 'prompts.json', () => ({ document: '{document}' })],
  ])('is another one where %s has changed', async (_what, name, change) => {
    const plain = await digestOf(await suiteWith('speed.json', (document) => document));
    expect(await digestOf(await suiteWith(name, change))).not.toBe(plain);
  });
});

describe('the JSON Schema of the package', () => {
  it('is what the code gives', async () => {
    for (const [name, schema] of await suiteJsonSchemas()) {
      const path = new URL(`../../docs/schemas/${name}`, import.meta.url);
      expect(await readFile(path, 'utf8'), `npm run docs:schemas writes ${name}`).toBe(formatJson(schema));
    }
  });

  it('is there for each file that a suite may have', async () => {
    expect([...(await suiteJsonSchemas()).keys()].toSorted()).toEqual([
      'suite-cove.schema.json',
      'suite-prompts.schema.json',
      'suite-retrieval.schema.json',
      'suite-speed.schema.json',
      'suite-suite.schema.json',
    ]);
  });
});

describe.skipIf(!existsSync(DEFAULT_SUITE_DIRECTORY))('the suite that comes with the package', () => {
  it('loads, without a warning, and is large enough to say something', async () => {
    const { suite, warnings } = await loadDefaultSuite();
    expect(warnings).toEqual([]);
    expect(suite.speed).toHaveLength(8);
    expect(suite.cove.length).toBeGreaterThanOrEqual(24);
    expect(suite.retrieval.documents.length).toBeGreaterThanOrEqual(40);
    expect(suite.retrieval.queries.length).toBeGreaterThanOrEqual(30);
  });
});
