/** `milton quantize`: make small GGUFs of a registered model, of a Hugging Face directory, or of a GGUF with float weights. */
import type { Command } from 'commander';
import { quoteWord } from '../../core/index.ts';
import type { QuantizeModelRequest } from '../../pipeline/index.ts';
import type { QuantizationType } from '../../quantize/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { collectList, parseCount, parsePath } from '../option-values.ts';
import { shown } from '../text-style.ts';
import { openModels } from './open-models.ts';
import { quantizedResult } from './quantized-text.ts';
import { STRICT_HELP } from './safety-options.ts';

interface QuantizeFlags {
  readonly model?: string;
  readonly type?: readonly string[];
  readonly out?: string;
  readonly threads?: number;
  readonly imatrix?: string;
  readonly tool?: string;
  readonly keepIntermediate?: boolean;
  readonly dryRun?: boolean;
  readonly strict?: boolean;
  readonly allowUnsafeFiles?: boolean;
}

export function defineQuantize(command: Command, perform: Perform): void {
  command
    .option('--model <path>', 'a Hugging Face directory, or a GGUF in F32, F16 or BF16', parsePath)
    .option('--type <type>', 'such as Q4_0, Q4_K_M, Q8_0; several with commas (default: Q4_0)', collectList)
    .option('--out <dir>', 'where it is put (default: in the state directory)', parsePath)
    .option('--threads <n>', 'that compute (default: all)', parseCount)
    .option('--imatrix <file>', 'importance matrix of the model, from llama-imatrix', parsePath)
    .option('--tool <path>', 'llama-quantize to use; "packaged": our own, even so', parsePath)
    .option('--keep-intermediate', 'keep the GGUF in the type of the weights of the directory')
    .option('--dry-run', 'say how large it would be, and leave nothing')
    .option('--strict', STRICT_HELP)
    .option('--allow-unsafe-files', 'take a directory with files that run code; none of them is read')
    .addHelpText(
      'after',
      `
A VERSION is registered with what is made of it: the first type fills its entry,
each further one is an entry of its own, such as v1-q8_0. All of them are there
in the end, or none.

Llama 2 and 3, Mistral 7B, SmolLM2, Qwen2 and Qwen3 directories are converted
here, and their tokenizer is tried before anything is kept (docs/tokenizers.md).
The quantizing itself is llama.cpp's own code. LLAMA_CPP_DIR names a llama.cpp
of yours: its llama-quantize is used then, and its convert_hf_to_gguf.py for
models that are not known here.

IQ1, IQ2, IQ3_XXS, IQ3_XS and Q2_K_S need an importance matrix (--imatrix).

Examples:
  $ milton quantize v1.20260111.1425
  $ milton quantize v1.20260111.1425 --type Q4_0,Q4_K_M,Q8_0
  $ milton quantize --model ./distilled
  $ milton quantize --model model-f16.gguf --type Q4_K_M --out ./models
  $ milton quantize --model model-f16.gguf --type IQ3_XXS --imatrix imatrix.gguf
  $ LLAMA_CPP_DIR=~/llama.cpp milton quantize --model ./some-other-family`,
    )
    .action(perform<QuantizeFlags>(quantize));
}

async function quantize(
  context: CommandContext,
  flags: QuantizeFlags,
  [version]: readonly string[],
): Promise<CommandResult> {
  const from = await readFrom(context, flags, version);
  const types = await readTypes(flags.type);
  const { loadLlamaCppEngine } = await import('../../engine/index.ts');
  const { quantizeModel } = await import('../../pipeline/index.ts');
  const { state, signal, onProgress, env } = context;
  const quantized = await quantizeModel(
    {
      from,
      types,
      outDir: flags.out ?? null,
      quantizer: { ...(flags.threads !== undefined && { threads: flags.threads }) },
      imatrix: flags.imatrix ?? null,
      tool: flags.tool ?? null,
      llamaCppDir: env['LLAMA_CPP_DIR'] || null,
      keepIntermediate: flags.keepIntermediate === true,
      dryRun: flags.dryRun === true,
      strict: flags.strict === true,
      allowUnsafeFiles: flags.allowUnsafeFiles === true,
    },
    { state, engine: await loadLlamaCppEngine(), signal, onProgress },
  );
  return quantizedResult(quantized);
}

async function readFrom(
  context: CommandContext,
  { model }: QuantizeFlags,
  version: string | undefined,
): Promise<QuantizeModelRequest['from']> {
  if (version !== undefined && model === undefined)
    return { kind: 'registry', registry: await openModels(context), version };
  if (version === undefined && model !== undefined) return { kind: 'path', path: model };
  throw new CliFailure(
    'CLI_USAGE',
    model === undefined ? 'Which model is to be quantized?' : 'Two models are named to be quantized.',
    {
      hint: 'milton quantize VERSION, with one of: milton models list',
      details: {
        expected: 'VERSION, or --model PATH',
        received: model === undefined ? 'neither' : `${shown(version)} and --model ${quoteWord(model)}`,
      },
    },
  );
}

/** Each once, in the order in which they were named. */
async function readTypes(names: readonly string[] | undefined): Promise<readonly QuantizationType[]> {
  const { DEFAULT_QUANTIZATION_TYPE, QUANTIZATION_TYPES, quantizationTypeOf } =
    await import('../../quantize/index.ts');
  const types = (names ?? [DEFAULT_QUANTIZATION_TYPE]).map((name) => {
    const type = quantizationTypeOf(name);
    if (type !== null) return type;
    throw new CliFailure('CLI_USAGE', `${shown(name)} is no type to quantize to.`, {
      details: { expected: Object.keys(QUANTIZATION_TYPES).join(' '), received: name },
    });
  });
  return [...new Set(types)];
}
