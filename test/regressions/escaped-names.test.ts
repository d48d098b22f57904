import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ggufBytes } from '../../src/gguf/index.ts';
import { forged } from '../attacks/attack.ts';
import { runMiltonHere } from '../cli/run-milton.ts';
import { candidateOf, entryOf, runOf, useShop, type Model } from '../cli/shop.ts';
import { pythonFiles, rawBundle, smallModel, toEntries } from '../unit/bundle/bundle-fixtures.ts';

/** A sequence that clears the screen, the same in C1, a bell, a line that looks like one of ours, bidi, zero width, half a letter. */
const EVIL = 'x\u001b[2J\u009b2J\u0007\r\nlive  v9\u202efugg\u2066\u200b\u2028\u0000\ud800';
/** The same without what no file name on disk can have. */
const EVIL_NAME = 'x\u001b[2J\u0007\r\nlive\u202efugg\u200b';

const shop = useShop({ run: runMiltonHere });
let model: Model;
const file = (name: string): string => join(shop.folder, name);

beforeAll(async () => {
  model = await shop.model(`${EVIL_NAME}.gguf`);
  await shop.saveRegistry([
    entryOf('v1', model, { base_model: EVIL, quantization: EVIL, distilled_from: EVIL, commit_hash: EVIL }),
    entryOf(EVIL, model),
  ]);
  const candidate = {
    ...candidateOf('v1', model),
    base_model: EVIL,
    quantization: EVIL,
    distilled_from: EVIL,
  };
  await shop.saveRun(
    '20260111_202801',
    runOf('20260111_202801', [candidate, { ...candidate, version: EVIL }], {
      git_branch: EVIL,
      command_line: EVIL,
      git_sha: EVIL,
    }),
  );
  await mkdir(file('shelf'));
  const edited = await forged({
    edit: {
      'edge.json': (value) =>
        Object.assign(value, {
          tool: EVIL,
          waived_rules: [EVIL],
          [EVIL]: EVIL,
          artifact: { ...(value['artifact'] as object), architecture: EVIL, quantization: EVIL },
        }),
    },
  });
  await writeFile(file('shelf/forged.tar.gz'), edited);
  const text = { base_model: EVIL, [EVIL]: EVIL, metrics: { [EVIL]: EVIL } };
  const python = pythonFiles(undefined, {
    manifest: {
      registry_entry: text,
      benchmark_summary: { run_id: EVIL, timestamp: EVIL, model_version: EVIL, metrics: {} },
      created_at: EVIL,
      bundle_id: EVIL,
      model_path: EVIL,
    },
  });
  await writeFile(file('shelf/python.tar.gz'), rawBundle(toEntries(python)));
  await writeFile(file(`shelf/${EVIL_NAME}.tar.gz`), 'no bundle');
  await writeFile(
    file('evil.gguf'),
    await ggufBytes({
      ...smallModel(),
      metadata: [
        ['general.architecture', { kind: 'string', value: 'llama' }],
        ['general.name', { kind: 'string', value: EVIL.replace('\ud800', '') }],
        ['general.description', { kind: 'string', value: EVIL.replace('\ud800', '') }],
        ['tokenizer.chat_template', { kind: 'string', value: EVIL.replace('\ud800', '') }],
      ],
    }),
  );
  await writeFile(file('registry.json'), JSON.stringify([{ [EVIL]: EVIL }]));
});

const COMMANDS: Readonly<Record<string, () => readonly string[]>> = {
  'models list': () => ['models', 'list'],
  'models show': () => ['models', 'show', 'v1'],
  'models show of a hostile name': () => ['models', 'show', EVIL.replace('\0', '')],
  'models stats': () => ['models', 'stats'],
  'models compare': () => ['models', 'compare', 'v1', 'v2'],
  'models register': () => ['models', 'register', 'v3', '--gguf', model.path],
  select: () => ['select'],
  'bundle list': () => ['bundle', 'list', '--dir', file('shelf')],
  'bundle inspect of format 2': () => ['bundle', 'inspect', file('shelf/forged.tar.gz')],
  'bundle verify of format 2': () => ['bundle', 'verify', file('shelf/forged.tar.gz')],
  'bundle inspect of the Python tool': () => ['bundle', 'inspect', file('shelf/python.tar.gz')],
  'bundle verify of the Python tool': () => ['bundle', 'verify', file('shelf/python.tar.gz')],
  'bundle verify of a hostile name': () => ['bundle', 'verify', file(`shelf/${EVIL_NAME}.tar.gz`)],
  'bundle verify of what is not there': () => ['bundle', 'verify', file(`${EVIL_NAME}.tar.gz`)],
  'bundle create': () => ['bundle', 'create', 'v1', '--out', file('out')],
  'bundle create of a path': () => [
    'bundle',
    'create',
    '--model',
    model.path,
    '--version',
    'v1',
    '--out',
    file('out'),
  ],
  'gguf inspect': () => ['gguf', 'inspect', file('evil.gguf')],
  'gguf check': () => ['gguf', 'check', file('evil.gguf')],
  'gguf check of a hostile name': () => ['gguf', 'check', model.path],
  'deploy of a bundle': () => [
    'deploy',
    '--bundle',
    file('shelf/python.tar.gz'),
    '--target-path',
    file('srv/llm'),
    '--skip-load-test',
  ],
  'deploy of a run': () => ['deploy', '--target-path', file('srv/other'), '--skip-load-test'],
  'deploy to a hostile place': () => [
    'deploy',
    '--bundle',
    file('shelf/forged.tar.gz'),
    '--target-path',
    file(`srv/${EVIL_NAME}`),
    '--skip-load-test',
  ],
  deployments: () => ['deployments'],
  status: () => ['status', '--target-path', file('srv/llm')],
  'an unknown command': () => [EVIL_NAME],
  'an unknown option': () => ['deploy', `--${EVIL_NAME}`],
};

describe('a command that prints what foreign files say', () => {
  it.each(Object.entries(COMMANDS))('prints nothing raw: %s', async (_, args) => {
    const plain = await shop.milton(...args(), '--verbose');
    // The line feed is ours: what a file says has none, so no line can be of its making.
    expect(plain.stdout + plain.stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(plain.stdout + plain.stderr).not.toMatch(/^live {2}v9/mu);
    expect(plain.exitCode).not.toBe(70);
    const { stdout, json } = await shop.document(...args());
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(json).toHaveProperty('ok');
  });
});
