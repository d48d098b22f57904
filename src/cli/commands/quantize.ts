/** `milton quantize`: make a GGUF small, from a Hugging Face directory or from a GGUF with float weights. */
import { Option, type Command } from 'commander';
import { formatBytes, quoteWord, type JsonObject } from '../../core/index.ts';
import type { QuantizedModel } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { parseCount, parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';

interface QuantizeFlags {
  readonly model?: string;
  readonly type?: string;
  readonly out?: string;
  readonly threads?: number;
  readonly imatrix?: string;
  readonly tool?: string;
  readonly keepIntermediate?: boolean;
  readonly dryRun?: boolean;
}

export function defineQuantize(command: Command, perform: Perform): void {
  command
    .option('--model <path>', 'a Hugging Face directory, or a GGUF in F32, F16 or BF16', parsePath)
    .addOption(new Option('--type <type>', 'such as Q4_0, Q4_K_M, Q6_K, Q8_0 (default: Q4_0)'))
    .option('--out <dir>', 'where it is put (default: in the state directory)', parsePath)
    .option('--threads <n>', 'that compute (default: all)', parseCount)
    .option('--imatrix <file>', 'importance matrix of the model, from llama-imatrix', parsePath)
    .option('--tool <path>', 'llama-quantize to use; "packaged": our own, even so', parsePath)
    .option('--keep-intermediate', 'keep the GGUF in the type of the weights of the directory')
    .option('--dry-run', 'say how large it would be, and leave nothing')
    .addHelpText(
      'after',
      `
Llama 3, Qwen2 and Qwen3 directories, and whatever has their architecture and a
byte-level BPE, are converted here. The quantizing itself is llama.cpp's own
code. LLAMA_CPP_DIR names a llama.cpp of yours: its llama-quantize is used then,
and its convert_hf_to_gguf.py for models that are not known here.

IQ1, IQ2, IQ3_XXS, IQ3_XS and Q2_K_S need an importance matrix (--imatrix).

Examples:
  $ milton quantize --model ./distilled
  $ milton quantize --model model-f16.gguf --type Q4_K_M --out ./models
  $ milton quantize --model model-f16.gguf --type IQ3_XXS --imatrix imatrix.gguf
  $ LLAMA_CPP_DIR=~/llama.cpp milton quantize --model ./some-other-family`,
    )
    .action(perform<QuantizeFlags>(quantize));
}

async function quantize(context: CommandContext, flags: QuantizeFlags): Promise<CommandResult> {
  const { DEFAULT_QUANTIZATION_TYPE, QUANTIZATION_TYPES, quantizationTypeOf } =
    await import('../../quantize/index.ts');
  const type = quantizationTypeOf(flags.type ?? DEFAULT_QUANTIZATION_TYPE);
  if (type === null) {
    throw new CliFailure('CLI_USAGE', `${shown(flags.type ?? '')} is no type to quantize to.`, {
      details: { expected: Object.keys(QUANTIZATION_TYPES).join(' '), received: flags.type ?? '' },
    });
  }
  if (flags.model === undefined) {
    throw new CliFailure('CLI_USAGE', 'Which model is to be quantized?', {
      details: { expected: '--model PATH', received: 'none' },
    });
  }
  const { loadLlamaCppEngine } = await import('../../engine/index.ts');
  const { quantizeModel } = await import('../../pipeline/index.ts');
  const { state, signal, onProgress, env } = context;
  const made = await quantizeModel(
    {
      path: flags.model,
      type,
      outDir: flags.out ?? null,
      threads: flags.threads ?? null,
      imatrix: flags.imatrix ?? null,
      tool: flags.tool ?? null,
      llamaCppDir: env['LLAMA_CPP_DIR'] || null,
      keepIntermediate: flags.keepIntermediate ?? false,
      dryRun: flags.dryRun ?? false,
    },
    { state, engine: await loadLlamaCppEngine(), signal, onProgress },
  );
  return { json: toJson(made), text: (style) => toText(made, style), warnings: made.warnings };
}

function toJson(made: QuantizedModel): CommandResult['json'] {
  return {
    path: made.path,
    type: made.type,
    source_bytes: made.sourceBytes,
    size_bytes: made.sizeBytes,
    dry_run: made.dryRun,
    intermediate: made.intermediate,
    llama_cpp: made.release,
    tool: made.tool,
    converted_by: made.script,
    imatrix: made.imatrix === null ? null : toMatrixJson(made.imatrix),
    tokens_per_second: made.tokensPerSecond,
  };
}

function toMatrixJson({ path, entryCount, chunkCount }: NonNullable<QuantizedModel['imatrix']>): JsonObject {
  return { path, entries: entryCount, chunks: chunkCount };
}

function toText(made: QuantizedModel, { colors, facts }: TextStyle): readonly string[] {
  const { path, type, sizeBytes, sourceBytes, dryRun, intermediate, tokensPerSecond } = made;
  const share = Math.round((sizeBytes / sourceBytes) * 100) / 100;
  const next = `milton models register VERSION --gguf ${quoteWord(path)}`;
  return [
    dryRun ? `would make  ${shown(path)}` : `${colors.green('quantized')}  ${shown(path)}`,
    ...facts([
      ['type', type],
      ['size', `${formatBytes(sizeBytes)}, ${share} of ${formatBytes(sourceBytes)}`],
      ['converted', made.script === null ? null : `by ${shown(made.script)}`],
      ['with', made.imatrix === null ? null : `the importance matrix ${shown(made.imatrix.path)}`],
      ['by', made.tool === null ? null : `${shown(made.tool)}, llama.cpp ${shown(made.release)}`],
      ['kept', intermediate === null ? null : shown(intermediate)],
      ['load test', tokensPerSecond === null ? null : `it loads and generates, ${tokensPerSecond} tokens/s`],
      ['next', dryRun ? null : colors.cyan(next)],
    ]),
  ];
}
