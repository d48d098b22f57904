/** `milton quantize` with an importance matrix, a llama-quantize, or a whole llama.cpp of the owner's. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { importanceGguf, inner } from '../fakes/importance-matrix.ts';
import { fakeQuantizeTool } from '../fakes/llama-quantize.ts';
import { runMilton, useFolder } from './run-milton.ts';

const place = useFolder();

async function quantize(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number | null; readonly json: unknown }> {
  const all = { MILTON_STATE_DIR: join(place.folder, 'state'), ...env };
  const { exitCode, stdout } = await runMilton(['quantize', ...args, '--json'], { env: all });
  return { exitCode, json: JSON.parse(stdout) as unknown };
}

describe('milton quantize with means of the owner', () => {
  it('takes a matrix and the llama-quantize of LLAMA_CPP_DIR, and says so', async () => {
    const model = sampleModel({ type: 'F16', blockCount: 1, vocabularySize: 300 });
    const [path, imatrix, root] = ['f16.gguf', 'm.gguf', 'llama.cpp'].map((name) => join(place.folder, name));
    await writeFile(path as string, await ggufBytes(model));
    await writeFile(imatrix as string, await importanceGguf(inner(model.tensors)));
    const tool = await fakeQuantizeTool(join(root as string, 'build/bin/llama-quantize'));
    const args = ['--model', path, '--imatrix', imatrix, '--out', join(place.folder, 'made')] as string[];
    const env = { LLAMA_CPP_DIR: root as string };

    expect(await quantize([...args, '--dry-run'], env)).toMatchObject({
      exitCode: 0,
      json: {
        ok: true,
        converted_by: null,
        quantized: [
          {
            tool,
            llama_cpp: '9.9.9 (build 1, commit abcdef0)',
            imatrix: { path: imatrix, entries: 7, chunks: 7 },
          },
        ],
      },
    });
    expect(await quantize([...args, '--dry-run', '--tool', 'packaged'], env)).toMatchObject({
      exitCode: 0,
      json: { ok: true, quantized: [{ tool: null, llama_cpp: 'v0.5.0' }] },
    });
  });

  it('refuses a LLAMA_CPP_DIR that was never built, and names the way out', async () => {
    const root = join(place.folder, 'empty');
    await mkdir(root);
    const { exitCode, json } = await quantize(['--model', 'x.gguf'], { LLAMA_CPP_DIR: root });
    expect({ exitCode, json }).toMatchObject({
      exitCode: 1,
      json: {
        ok: false,
        error: {
          code: 'QUANTIZE_TOOL_MISSING',
          hint: expect.stringContaining('--tool packaged') as string,
          details: { looked_at: [join(root, 'llama-quantize'), expect.any(String), expect.any(String)] },
        },
      },
    });
  });

  it('refuses a type that needs a matrix before it looks at the model', async () => {
    expect(await quantize(['--model', 'x.gguf', '--type', 'IQ2_XS'])).toMatchObject({
      exitCode: 3,
      json: { error: { code: 'QUANTIZE_IMATRIX_NEEDED' } },
    });
  });
});
