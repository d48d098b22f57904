/** `milton gguf inspect` and `milton gguf check`. */
import type { Command } from 'commander';
import { formatBytes, quoteWord } from '../../core/index.ts';
import type { GgufInspection, InspectedTemplate } from '../../pipeline/index.ts';
import type { CommandResult, Perform } from '../context.ts';
import { collectList, parseCount, parsePath } from '../option-values.ts';
import { formatCount } from '../numbers.ts';
import { STRICT_HELP } from './safety-options.ts';
import { parsePolicyRules } from './policy-rules.ts';
import { shown, type TextStyle } from '../text-style.ts';

export function defineGguf(gguf: Command, perform: Perform): void {
  gguf.addHelpText('after', '\nExample:\n  $ milton gguf inspect model-q4_0.gguf');
  gguf
    .command('inspect')
    .argument('<file>', 'the GGUF file', parsePath)
    .description('What a model file is: architecture, parameters, quantization, context, size, memory.')
    .option(
      '--context <tokens>',
      "estimate the memory at this context (default: 4096, or the model's if smaller)",
      parseCount,
    )
    .addHelpText('after', '\nExample:\n  $ milton gguf inspect model-q4_0.gguf --context 8192')
    .action(
      perform<{ context?: number }>(async (context, options, [file = '']) => {
        const { inspectGguf } = await import('../../pipeline/index.ts');
        return inspected(
          await inspectGguf(file, {
            signal: context.signal,
            ...(options.context !== undefined && { contextTokens: options.context }),
          }),
        );
      }),
    );
  gguf
    .command('check')
    .argument('<file>', 'the GGUF file; of a split model any shard, and all are checked', parsePath)
    .description('Whether llama.cpp can load a model file. Exit code 3 names the rule it breaks, and where.')
    .option('--allow <rule>', 'let a rule of policy pass (repeat it, or separate by commas)', collectList)
    .option('--strict', STRICT_HELP)
    .addHelpText('after', '\nExample:\n  $ milton gguf check model-q4_0.gguf --allow trailing-bytes')
    .action(
      perform<{ allow?: readonly string[]; strict?: boolean }>(async (context, options, [file = '']) => {
        const allow = await parsePolicyRules(options.allow);
        const { checkGgufFile } = await import('../../pipeline/index.ts');
        const checked = await checkGgufFile(file, {
          allow,
          strict: options.strict === true,
          signal: context.signal,
        });
        return {
          json: {
            file: checked.path,
            files: checked.files.map(({ absolutePath }) => absolutePath),
            size_bytes: checked.totalSizeBytes,
            architecture: checked.facts.architecture,
            quantization: checked.facts.quantization,
            waived_rules: checked.waived,
            chat_templates: checked.chatTemplates,
          },
          warnings: checked.warnings,
          text: (style) => [
            `${style.colors.green('sound')}  ${shown(checked.path)}`,
            ...style.facts([
              ['model', `${shown(checked.facts.architecture)}, ${shown(checked.facts.quantization)}`],
              ['shards', checked.shardCount > 1 ? `${checked.shardCount}, all checked` : null],
              ['waived', checked.waived.length > 0 ? checked.waived.join(', ') : null],
            ]),
          ],
        };
      }),
    );
}

function inspected(inspection: GgufInspection): CommandResult {
  const { path, facts, memory, brokenRule, warnings, chatTemplates } = inspection;
  return {
    warnings,
    json: {
      file: path,
      size_bytes: facts.sizeBytes,
      sound: brokenRule === null,
      broken_rule: brokenRule,
      gguf_version: facts.version,
      architecture: facts.architecture,
      name: facts.name,
      parameter_count: facts.parameterCount,
      quantization: facts.quantization,
      mix: facts.mix.map(({ type, tensorCount, sizeBytes }) => ({
        type,
        tensor_count: tensorCount,
        size_bytes: sizeBytes,
      })),
      context_length: facts.contextLength,
      embedding_length: facts.embeddingLength,
      block_count: facts.blockCount,
      vocabulary_size: facts.vocabularySize,
      tensor_count: facts.tensorCount,
      tokenizer_model: facts.tokenizerModel,
      chat_template: facts.chatTemplate,
      chat_templates: chatTemplates.map(({ name, sha256, text, findings }) => ({
        name,
        sha256,
        characters: text.length,
        findings: findings.map(({ class: kind, line, construct, reason }) => ({
          class: kind,
          line,
          construct,
          reason,
        })),
      })),
      alignment: facts.alignment,
      split:
        facts.split === null
          ? null
          : { no: facts.split.no, count: facts.split.count, tensors_count: facts.split.tensorsCount },
      memory: {
        context_tokens: memory.contextTokens,
        weights_bytes: memory.weightsBytes,
        kv_cache_bytes: memory.kvCacheBytes,
        compute_bytes: memory.computeBytes,
        total_bytes: memory.totalBytes,
        is_estimate: true,
      },
    },
    text: (style) => inspectedText(inspection, style),
  };
}

function inspectedText(
  { path, facts, memory, brokenRule, chatTemplates }: GgufInspection,
  style: TextStyle,
): string[] {
  const mix = facts.mix.map(
    ({ type, tensorCount, sizeBytes }) => `${shown(type)} ${tensorCount} tensors ${formatBytes(sizeBytes)}`,
  );
  return [
    style.colors.bold(shown(path)),
    ...style.facts([
      [
        'not sound',
        brokenRule === null ? null : `${style.colors.red(brokenRule)}; milton gguf check ${quoteWord(path)}`,
      ],
      ['architecture', shown(facts.architecture)],
      ['name', facts.name === null ? null : shown(facts.name)],
      ['parameters', formatCount(facts.parameterCount)],
      ['quantization', shown(facts.quantization)],
      ['weights', mix.slice(0, 4).join(' · ') + (mix.length > 4 ? ' · …' : '')],
      ['context', facts.contextLength === null ? '-' : `${facts.contextLength} tokens`],
      ['vocabulary', facts.vocabularySize === null ? '-' : `${facts.vocabularySize} tokens`],
      ...(chatTemplates.length === 0
        ? [['chat template', 'none'] as const]
        : chatTemplates.flatMap((template) => templateFacts(template, style))),
      ['shard', facts.split === null ? null : `${facts.split.no + 1} of ${facts.split.count}`],
      ['size', formatBytes(facts.sizeBytes)],
      ['memory', `about ${formatBytes(memory.totalBytes)} at ${memory.contextTokens} tokens of context`],
      [
        '',
        style.colors.dim(
          `weights ${formatBytes(memory.weightsBytes)}, cache ${formatBytes(memory.kvCacheBytes)}, compute ${formatBytes(memory.computeBytes)}; an estimate`,
        ),
      ],
    ]),
  ];
}

function templateFacts(
  { name, text, sha256, findings }: InspectedTemplate,
  { colors }: TextStyle,
): readonly (readonly [string, string])[] {
  const start = text.trim().slice(0, 48).replaceAll(/\s+/g, ' ');
  return [
    ['chat template', `${shown(name)}, ${text.length} characters: ${shown(start)}…`],
    ['', colors.dim(`sha256 ${sha256}`)],
    ...findings.map(({ class: kind, line, reason, construct }): [string, string] => [
      '',
      colors.yellow(`${kind}, line ${line}: ${reason}: ${construct}`),
    ]),
  ];
}
