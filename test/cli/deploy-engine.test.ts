import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeServer } from '../fakes/llama-server.ts';
import { useShop } from './shop.ts';

const shop = useShop();

describe('milton deploy --engine llama-server', () => {
  it('hands on what stands behind --, and milton status names who tested', async () => {
    const server = await fakeServer(shop.folder);
    const bundle = await shop.bundle('v1', await shop.model('v1.gguf'));
    const engine = ['--engine', 'llama-server', '--engine-path', server.path];
    const args = ['--target-path', shop.target, '--state-dir', shop.state, '--json', ...engine];

    const deployed = await shop.milton('deploy', '--bundle', bundle, ...args, '--', '-fa', 'off');

    expect(deployed).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(deployed.stdout)).toMatchObject({
      load_test: { engine: 'llama-server', engine_version: '4321 (abc1234)', engine_flags: ['-fa', 'off'] },
    });
    const status = await shop.milton('status', '--state-dir', shop.state);
    expect(status.stdout).toMatch(/load test +.*llama-server 4321 \(abc1234\)/);
  });

  it.each([
    [['--engine', 'llama-server'], 'CLI_USAGE'],
    [['--engine-path', '/bin/true'], 'CLI_USAGE'],
    [['--', '-fa', 'off'], 'CLI_USAGE'],
    [['v2', 'v3'], 'CLI_USAGE'],
    [['--load-test-command', 'true', '--engine', 'embedded'], 'CLI_USAGE'],
    [['--load-test-command', 'true', '--skip-load-test'], 'CLI_USAGE'],
    [['--engine', 'llama-server', '--engine-path', '/bin/true', '--', '-m', 'x'], 'ENGINE_FLAG_REFUSED'],
  ])('is wrong usage with %j', async (args, code) => {
    const state = join(shop.folder, 'nowhere');
    const { exitCode, stderr } = await shop.milton('deploy', '--state-dir', state, ...args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(code) });
  });
});
