/**
 * A llama-quantize as what quantizes: its command line, its log on standard error, its exit code. Held against that of
 * llama.cpp v0.5.0 (tools/quantize).
 */
import { basename, dirname } from 'node:path';
import { escapeText } from '../core/index.ts';
import { describeMissing, spawnContained } from '../system/index.ts';
import { foreignEnvironment } from './foreign-environment.ts';
import { TOOL_BUFFER_MIB } from './limits.ts';
import { unusable, type QuantizeTool } from './quantize-tool.ts';
import type { QuantizationJob, QuantizerBackend } from './quantizer-backend.ts';
import { quantizerLog } from './quantizer-log.ts';
import { toQuantizerFailure } from './quantizer-process.ts';

export function openToolQuantizer(tool: QuantizeTool): QuantizerBackend {
  return {
    toolPath: tool.path,
    async run(job, { memoryBytes, wallMs, onTensors, signal }) {
      const child = await spawnContained(
        { kind: 'command', command: tool.path, args: toArguments(tool, job) },
        {
          limits: { dataBytes: memoryBytes, wallMs },
          env: foreignEnvironment(),
          // The tool writes the path of the matrix into the file as it is given: from here, it is only its name.
          ...(job.matrix === null ? {} : { cwd: dirname(job.matrix.path) }),
          ...(signal === undefined ? {} : { signal }),
        },
      );
      const log = quantizerLog();
      let head = '';
      child.onStderr((text) => {
        head = (head + text).slice(0, MAX_HEAD_CHARACTERS);
        log.append(text);
        onTensors?.(log.tensors());
      });
      const end = await child.ended;
      if (end.kind === 'not-started') throw unusable(tool.path, 'a program', end.reason);
      if (end.kind !== 'exited' || end.code !== 0) {
        const code = end.kind === 'exited' ? end.code : null;
        throw toQuantizerFailure(job.inputPath, { code, end, lastWords: log.lastWords() });
      }
      return {
        tensors: log.tensors(),
        missingProtections: child.missingProtections.map((missing) => describeMissing(missing)),
        version: versionIn(head),
      };
    },
  };
}

/** `llama-quantize [options] IN [OUT] TYPE [THREADS]`; a dry run has no OUT. */
function toArguments(
  tool: QuantizeTool,
  { inputPath, outputPath, type, threads, dryRun, matrix }: QuantizationJob,
): readonly string[] {
  return [
    ...(dryRun ? ['--dry-run'] : []),
    ...(matrix === null ? [] : ['--imatrix', basename(matrix.path)]),
    ...(tool.knows('--max-buffer-size') ? ['--max-buffer-size', String(TOOL_BUFFER_MIB)] : []),
    inputPath,
    ...(dryRun ? [] : [outputPath]),
    type,
    String(threads),
  ];
}

/** `version: 0.5.0 (build 1, commit 0ad4a86)`, or `main: build = 4600 (0ad4a86)` of earlier ones. */
function versionIn(head: string): string {
  const found = /^version: (\S.*)$|^\w+: (build = \S.*)$/m.exec(head);
  return escapeText((found?.[1] ?? found?.[2] ?? 'unknown').trim(), MAX_VERSION_CHARACTERS);
}

/** It tells its version before it reads the model, whose metadata it then prints. */
const MAX_HEAD_CHARACTERS = 16 * 1024;
const MAX_VERSION_CHARACTERS = 120;
