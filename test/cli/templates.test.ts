import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashBytes } from '../../src/system/index.ts';
import { ORDINARY_TEMPLATE, POISONED_TEMPLATE, templatedGguf } from '../fakes/templated-model.ts';
import { useShop } from './shop.ts';

const shop = useShop();
const BAD = 'bad.gguf';
const digest = (text: string): string => hashBytes(new TextEncoder().encode(text));

beforeAll(async () => {
  await writeFile(
    join(shop.folder, BAD),
    await templatedGguf({ default: ORDINARY_TEMPLATE, rag: POISONED_TEMPLATE }),
  );
  await writeFile(join(shop.folder, 'good.gguf'), await templatedGguf({ default: ORDINARY_TEMPLATE }));
});

describe('milton gguf inspect', () => {
  it('shows every chat template, its digest and what is suspicious in it', async () => {
    const { stdout, stderr } = await shop.milton('gguf', 'inspect', BAD);
    expect(stdout).toContain(`sha256 ${digest(ORDINARY_TEMPLATE)}`);
    expect(stdout).toContain(`sha256 ${digest(POISONED_TEMPLATE)}`);
    expect(stdout).toMatch(/trigger, line 2: looks for a word in what was said: .*invoice/);
    expect(stderr).toMatch(/^warning TEMPLATE_TRIGGER: The chat template rag .*\n$/);
    const { json } = await shop.document('gguf', 'inspect', BAD);
    expect(json['chat_templates']).toMatchObject([
      { name: 'default', sha256: digest(ORDINARY_TEMPLATE), findings: [] },
      { name: 'rag', sha256: digest(POISONED_TEMPLATE), findings: [{ class: 'trigger', line: 2 }] },
    ]);
  });
});

describe('--strict', () => {
  it.each([
    ['gguf check', ['gguf', 'check', BAD]],
    ['models register', ['models', 'register', 'v1', '--gguf', BAD]],
    ['bundle create', ['bundle', 'create', '--model', BAD, '--version', 'v1', '--out', 'shelf']],
  ])('makes %s refuse what it else warns of', async (_, args) => {
    const refused = await shop.milton(...args, '--strict');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/^error TEMPLATE_SUSPICIOUS: The chat template rag of .*bad\.gguf /);
    const { exitCode, json } = await shop.document(...args);
    expect(exitCode).toBe(0);
    expect(json['warnings']).toMatchObject([{ code: 'TEMPLATE_TRIGGER' }]);
    const good = args.map((word) => (word === BAD ? 'good.gguf' : word.replace('v1', 'v2')));
    expect(await shop.document(...good, '--strict')).toMatchObject({ exitCode: 0, json: { warnings: [] } });
  });

  it('makes deploy refuse, from the registry and from a bundle', async () => {
    const created = await shop.document(
      'bundle',
      'create',
      '--model',
      BAD,
      '--version',
      'b1',
      '--out',
      'usb',
    );
    const bundle = String(created.json['path']);
    await shop.milton('models', 'register', 'd1', '--gguf', BAD);
    for (const args of [['d1'], ['d1', '--no-bundle'], ['--bundle', bundle]]) {
      const refused = await shop.document('deploy', ...args, '--strict', '--target-path', shop.target);
      expect(refused).toMatchObject({
        exitCode: 3,
        json: {
          error: {
            code: 'TEMPLATE_SUSPICIOUS',
            aftermath: 'unchanged',
            details: { template: 'rag', class: 'trigger', line: 2 },
          },
        },
      });
    }
    const deployed = await shop.document(
      'deploy',
      '--bundle',
      bundle,
      '--skip-load-test',
      '--target-path',
      shop.target,
    );
    expect(deployed.exitCode).toBe(0);
    const inspected = await shop.milton('bundle', 'inspect', bundle);
    expect(inspected.stdout).toMatch(
      new RegExp(`chat template +default sha256 ${digest(ORDINARY_TEMPLATE)}`),
    );
    const status = await shop.document('status', '--target-path', shop.target);
    expect(status.json).toMatchObject({
      targets: [
        {
          live: {
            chat_templates: [{ name: 'default' }, { name: 'rag', sha256: digest(POISONED_TEMPLATE) }],
            unsafe_files: [],
          },
        },
      ],
    });
  });
});

describe('--allow-unsafe-files', () => {
  it.each([['models', 'register'], ['bundle', 'create'], ['deploy']])(
    'is an option of %s',
    async (...words) => {
      const { stdout } = await shop.milton(...words.filter((word) => word !== undefined), '--help');
      expect(stdout).toContain('--allow-unsafe-files');
    },
  );
});
