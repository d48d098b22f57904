/** Says what `milton quantize` made: in lines, and as JSON. */
import { formatBytes, quoteWord, type JsonObject } from '../../core/index.ts';
import type { QuantizedFile, QuantizedModel } from '../../pipeline/index.ts';
import type { CommandResult } from '../context.ts';
import { shown, type TextStyle } from '../text-style.ts';

export function quantizedResult(quantized: QuantizedModel): CommandResult {
  const { made, sourceBytes, intermediate, script, entries, dryRun, warnings } = quantized;
  return {
    json: {
      dry_run: dryRun,
      source_bytes: sourceBytes,
      intermediate,
      converted_by: script,
      quantized: made.map((one) => ({
        type: one.type,
        path: one.path,
        size_bytes: one.sizeBytes,
        sha256: one.sha256,
        version: one.version,
        tokens_per_second: one.tokensPerSecond,
        llama_cpp: one.release,
        tool: one.tool,
        imatrix: one.imatrix === null ? null : toMatrixJson(one.imatrix),
      })),
      models: [...entries],
      next: nextStep(quantized),
    },
    text: (style) => toText(quantized, style),
    warnings,
  };
}

function toMatrixJson({ path, entryCount, chunkCount }: NonNullable<QuantizedFile['imatrix']>): JsonObject {
  return { path, entries: entryCount, chunks: chunkCount };
}

function toText(quantized: QuantizedModel, style: TextStyle): readonly string[] {
  const { made, intermediate, script } = quantized;
  const { facts, colors } = style;
  const next = nextStep(quantized);
  return [
    ...made.flatMap((one) => fileText(one, quantized, style)),
    ...facts([
      ['converted', script === null ? null : `by ${shown(script)}`],
      ['kept', intermediate === null ? null : shown(intermediate)],
      ['next', next === null ? null : colors.cyan(next)],
    ]),
  ];
}

function fileText(
  { path, type, sizeBytes, sourceBytes, tokensPerSecond, version, tool, imatrix, release }: QuantizedFile,
  { dryRun }: QuantizedModel,
  { colors, facts }: TextStyle,
): readonly string[] {
  const share = Math.round((sizeBytes / sourceBytes) * 100) / 100;
  return [
    dryRun ? `would make  ${shown(path)}` : `${colors.green('quantized')}  ${shown(path)}`,
    ...facts([
      [dryRun ? 'would be' : 'model', version === null ? null : colors.bold(shown(version))],
      ['type', type],
      ['size', `${formatBytes(sizeBytes)}, ${share} of ${formatBytes(sourceBytes)}`],
      ['with', imatrix === null ? null : `the importance matrix ${shown(imatrix.path)}`],
      ['by', tool === null ? null : `${shown(tool)}, ${shown(release)}`],
      ['load test', tokensPerSecond === null ? null : `it loads and generates, ${tokensPerSecond} tokens/s`],
    ]),
  ];
}

/** One command to type; null in a dry run. */
function nextStep({ made: [first], dryRun }: QuantizedModel): string | null {
  if (dryRun || first === undefined) return null;
  return first.version === null
    ? `milton models register VERSION --gguf ${quoteWord(first.path)}`
    : `milton deploy ${quoteWord(first.version)} --target-path DIR`;
}
