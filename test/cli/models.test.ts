import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { smallGguf, useFolder } from './run-milton.ts';

const place = useFolder();

beforeAll(async () => {
  const bytes = await smallGguf();
  await writeFile(join(place.folder, 'a.gguf'), bytes);
  await writeFile(join(place.folder, 'short.gguf'), bytes.subarray(0, -1));
  await writeHfDirectory(join(place.folder, 'hf'));
  await writeHfDirectory(join(place.folder, 'pickled'), { 'pytorch_model.bin': 'x' });
});

describe('milton models', () => {
  it('starts empty, and says how to begin', async () => {
    const { exitCode, stdout } = await place.milton('models', 'list');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('milton models register VERSION --gguf FILE');
  });

  it('registers a GGUF after checking it, and fills in what the file says', async () => {
    const { exitCode, json } = await place.document(
      'models',
      'register',
      'v1',
      '--gguf',
      'a.gguf',
      '--activate',
    );
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      ok: true,
      version: 'v1',
      replaced: false,
      activated: true,
      model: {
        base_model: 'Milton Edge sample',
        quantization: 'Q8_0',
        active: true,
        metrics: {
          compression: {
            gguf_path: join(place.folder, 'a.gguf'),
            quantization_bits: 8,
            validation_passed: true,
          },
          milton: { gguf: { architecture: 'llama', context_length: 512 } },
        },
      },
      artifacts: [{ type: 'gguf', files: 1 }],
    });
  });

  it('registers a Hugging Face directory, and both together', async () => {
    const hf = await place.document('models', 'register', 'v2', '--hf', 'hf', '--distilled-from', 'adapter');
    expect(hf.json).toMatchObject({
      model: {
        base_model: 'hf',
        quantization: null,
        distilled_from: 'adapter',
        model_path: join(place.folder, 'hf'),
        metrics: { distillation: { parameter_count: 40 } },
      },
    });
    const both = await place.milton(
      'models',
      'register',
      'v2',
      '--hf',
      'hf',
      '--gguf',
      'a.gguf',
      '--base-model',
      'Llama',
    );
    expect(both).toMatchObject({ exitCode: 0, stderr: '' });
    expect(both.stdout).toMatch(/^replaced +v2/);
  });

  it('warns where a new entry forgets what the old one knew', async () => {
    const { stderr, json } = await place.document('models', 'register', 'v2', '--gguf', 'a.gguf');
    expect(stderr).toContain('warning REGISTER_REPLACED');
    expect(json).toMatchObject({ replaced: true, warnings: [{ code: 'REGISTER_REPLACED' }] });
    const quiet = await place.milton('models', 'register', 'v2', '--hf', 'hf', '--quiet');
    expect(quiet.stderr).toBe('');
  });

  it.each([
    [['v3', '--gguf', 'short.gguf'], 3, 'GGUF_DATA_INCOMPLETE'],
    [['v3', '--hf', 'pickled'], 3, 'HF_UNSAFE_FILE'],
    [['v3', '--hf', 'a.gguf'], 3, 'BUNDLE_ARTIFACT_MISFIT'],
    [['v3', '--gguf', 'hf'], 1, 'SYSTEM_FILE_NOT_REGULAR'],
    [['v3', '--gguf', ''], 2, 'CLI_USAGE'],
    [['v3', '--hf', ''], 2, 'CLI_USAGE'],
    [['v3', '--gguf', 'missing'], 1, 'SYSTEM_FILE_MISSING'],
    [['../v3', '--gguf', 'a.gguf'], 2, 'CORE_VERSION_INVALID'],
    [['v 3', '--gguf', 'a.gguf'], 2, 'CORE_VERSION_INVALID'],
    [['v😀', '--gguf', 'a.gguf'], 2, 'CORE_VERSION_INVALID'],
    [['v3'], 2, 'CLI_USAGE'],
    [['v3', '--gguf', 'a.gguf', '--allow', 'x'], 2, 'CLI_USAGE'],
  ])('refuses to register %j and writes nothing', async (args, exitCode, code) => {
    const finished = await place.milton('models', 'register', ...args);
    expect(finished.exitCode).toBe(exitCode);
    expect(finished.stderr).toContain(`error ${code}`);
    expect((await place.document('models', 'list')).json['models']).toHaveLength(2);
  });

  it('offers nothing that it does not take', async () => {
    for (const args of [
      ['--gguf', 'hf'],
      ['--hf', 'a.gguf'],
    ]) {
      const { stderr } = await place.milton('models', 'register', 'v3', ...args);
      expect(stderr).not.toContain('--artifact');
    }
  });

  it('lists newest first, marks the choice, and filters', async () => {
    const { stdout } = await place.milton('models', 'list');
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^version +choice +live on +quantization/);
    expect(lines[1]).toMatch(/^v2 .* no /);
    expect(lines[2]).toMatch(/^v1 +active +Q8_0 +Milton Edge sample +not checked/);
    const filtered = await place.document('models', 'list', '--quantization', 'q8_0');
    expect(filtered.json['models']).toMatchObject([{ version: 'v1' }]);
    expect((await place.milton('models', 'list', '--base-model', 'none')).stdout).toContain(
      'No registered model fits',
    );
  });

  it('shows on which targets a version is live', async () => {
    await place.milton('bundle', 'create', 'v1', '--out', 'shelf');
    const [bundle = ''] = await readdir(join(place.folder, 'shelf'));
    const targets = ['one', 'two'].map((name) => join(place.folder, name));
    for (const target of targets) {
      const args = ['deploy', '--bundle', join('shelf', bundle), '--target-path', target, '--skip-load-test'];
      expect((await place.milton(...args)).exitCode).toBe(0);
    }
    const { json } = await place.document('models', 'list');
    expect(json['models']).toMatchObject([
      { version: 'v2', live_on: [] },
      { version: 'v1', live_on: targets },
    ]);
    const { stdout } = await place.milton('models', 'list');
    expect(stdout).toMatch(/\nv1 +active +2 targets +Q8_0 /);
    await writeFile(join(place.folder, '.two.milton/journal.jsonl'), 'not a journal\n{}\n');
    const damaged = await place.document('models', 'list');
    expect(damaged).toMatchObject({ exitCode: 0, json: { warnings: [{ code: 'DEPLOY_JOURNAL_DAMAGED' }] } });
    expect(damaged.json['models']).toContainEqual(
      expect.objectContaining({ version: 'v1', live_on: [targets[0]] }),
    );
  });

  it('shows one model, and what is closest to a name that is wrong', async () => {
    const { stdout } = await place.milton('models', 'show', 'v1');
    expect(stdout).toMatch(/choice +active/);
    expect(stdout).toMatch(/milton\.gguf\.parameter_count +\d+/);
    expect((await place.document('models', 'show', 'v1')).json).toMatchObject({
      model: { version: 'v1' },
      gguf_path: join(place.folder, 'a.gguf'),
    });
    const unknown = await place.milton('models', 'show', 'v11');
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toMatch(/REGISTRY_VERSION_UNKNOWN: .*v1/);
  });

  it('activates, goes back once, and says that no target was touched', async () => {
    const activated = await place.document('models', 'activate', 'v2');
    expect(activated.json).toMatchObject({ activated: 'v2', deactivated: ['v1'], touched_targets: false });
    const back = await place.milton('models', 'rollback');
    expect(back.stdout).toMatch(/^v1 is active again\.\nBefore it was v2\.\nNo target was touched/);
    const again = await place.milton('models', 'rollback');
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toContain('REGISTRY_NO_LAST_GOOD');
  });

  it('compares numbers, B minus A', async () => {
    await place.milton('models', 'register', 'v2', '--hf', 'hf', '--gguf', 'a.gguf');
    const { json } = await place.document('models', 'compare', 'v1', 'v2');
    expect(json).toMatchObject({ version_a: 'v1', version_b: 'v2' });
    expect(json['metrics']).toContainEqual({ name: 'compression.quantization_bits', a: 8, b: 8, delta: 0 });
    const { stdout } = await place.milton('models', 'compare', 'v1', 'v2');
    expect(stdout).toMatch(/^metric +v1 +v2 +B - A\n/);
    expect(stdout).toMatch(/distillation\.parameter_count +- +40 +-/);
  });

  it('counts', async () => {
    const { json } = await place.document('models', 'stats');
    expect(json).toMatchObject({ ok: true, total: 2, active: ['v1'], by_quantization: { Q8_0: 2 } });
    expect((await place.milton('models', 'stats')).stdout).toMatch(/models +2\n/);
  });

  it('removes what is not active, and the active one by force', async () => {
    const refused = await place.milton('models', 'remove', 'v1');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('REGISTRY_VERSION_ACTIVE');
    expect((await place.document('models', 'remove', 'v1', '--force')).json).toMatchObject({
      removed: { version: 'v1' },
    });
    const { stdout } = await place.milton('models', 'remove', 'v2');
    expect(stdout).toContain(`still at ${join(place.folder, 'hf')}`);
  });
});
