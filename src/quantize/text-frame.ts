/**
 * Whether a token is put before and after every text: by the template of tokenizer.json (Llama 3), or for the tokenizers of
 * Llama 2 by their flags, which rewrite that template. Pure. Source: huggingface/tokenizers, `TemplateProcessing`; transformers,
 * `LlamaTokenizerFast.update_post_processor`.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { unsupported } from './hyperparameters.ts';
import { BEGINNING, ENDING } from './special-tokens.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';
import { show } from './vocabulary.ts';

export interface TextFrame {
  readonly beginning: boolean;
  readonly ending: boolean;
  /** A flag tells otherwise than tokenizer.json, or there is none. */
  readonly rewritesTemplate: boolean;
}

/** Throws `CONVERT_UNSUPPORTED`. `named` are the special tokens, by their keys in a GGUF. */
export function frameText(files: TokenizerFiles, named: ReadonlyMap<string, number>): TextFrame {
  const template = readTemplate(files.tokenizer);
  const beginning = flagOf(files, 'add_bos_token') ?? template.beginning;
  const ending = flagOf(files, 'add_eos_token') ?? template.ending;
  if (beginning && !named.has(BEGINNING)) throw unnamed('before', 'bos_token');
  if (ending && !named.has(ENDING)) throw unnamed('after', 'eos_token');
  const rewritesTemplate = beginning !== template.beginning || ending !== template.ending;
  return { beginning, ending, rewritesTemplate };
}

export interface FrameTokens {
  readonly ids: ReadonlyMap<string, number>;
  readonly named: ReadonlyMap<string, number>;
}

/** tokenizer.json with the template that the flags make of it. */
export function withFrame(
  definition: JsonObject,
  { beginning, ending, rewritesTemplate }: TextFrame,
  { ids, named }: FrameTokens,
): JsonObject {
  if (!rewritesTemplate) return definition;
  const special = (key: string): JsonValue[] => {
    const [text = ''] = [...ids].find(([, id]) => id === named.get(key)) ?? [];
    return [{ SpecialToken: { id: text, type_id: 0 } }];
  };
  const single = [
    ...(beginning ? special(BEGINNING) : []),
    { Sequence: { id: 'A', type_id: 0 } },
    ...(ending ? special(ENDING) : []),
  ];
  return { ...definition, post_processor: { type: 'TemplateProcessing', single, pair: single } };
}

/** Of the classes for Llama 2 alone; without tokenizer.json their standard counts. */
function flagOf(
  { tokenizer, tokenizerConfig }: TokenizerFiles,
  key: 'add_bos_token' | 'add_eos_token',
): boolean | null {
  const flag = tokenizerConfig?.[key];
  const className = tokenizerConfig?.['tokenizer_class'];
  const isLlama = typeof className === 'string' && /^(Code)?LlamaTokenizer(Fast)?$/.test(className);
  if (typeof flag === 'boolean' && (isLlama || tokenizer === null)) return flag;
  return tokenizer === null ? key === 'add_bos_token' : null;
}

function readTemplate(tokenizer: JsonObject | null): {
  readonly beginning: boolean;
  readonly ending: boolean;
} {
  const processor = tokenizer?.['post_processor'];
  const steps =
    isJsonObject(processor) && Array.isArray(processor['processors']) ? processor['processors'] : [processor];
  const template = steps.find((step) => isJsonObject(step) && step['type'] === 'TemplateProcessing');
  const single = isJsonObject(template) ? template['single'] : undefined;
  if (single === undefined) return { beginning: false, ending: false };
  const shape = Array.isArray(single) ? single.map((part) => shapeOf(part)).join('') : '';
  if (!/^S?AS?$/.test(shape)) {
    throw unsupported('its tokenizer puts more than one token before or after a text', {
      expected: 'at most one on each side',
      received: show(single),
    });
  }
  return { beginning: shape.startsWith('S'), ending: shape.endsWith('S') };
}

function unnamed(side: string, kind: string): ReturnType<typeof unsupported> {
  return unsupported(`its tokenizer puts a token ${side} every text that is not named as ${kind}`, {
    expected: `a ${kind} in tokenizer_config.json`,
    received: 'none',
  });
}

function shapeOf(part: JsonValue): string {
  if (!isJsonObject(part)) return '?';
  if ('SpecialToken' in part) return 'S';
  return 'Sequence' in part ? 'A' : '?';
}
