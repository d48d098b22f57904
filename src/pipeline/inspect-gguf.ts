/** What a GGUF file says about itself, sound or not: for looking, never for deciding. */
import { resolve } from 'node:path';
import { quoteWord, type Warning } from '../core/index.ts';
import {
  checkGguf,
  describeGguf,
  estimateMemory,
  GgufFailure,
  parseGguf,
  type GgufFacts,
  type GgufFile,
  type GgufMemoryEstimate,
} from '../gguf/index.ts';
import { listChatTemplates } from '../bundle/index.ts';
import {
  assertTemplatesWithinLimits,
  scanChatTemplate,
  toWarnings,
  type TemplateFinding,
} from '../template/index.ts';
import { withFileSource } from '../system/index.ts';

export interface GgufInspection {
  /** Absolute. */
  readonly path: string;
  /** Of this file: a shard is one file of several. */
  readonly facts: GgufFacts;
  readonly chatTemplates: readonly InspectedTemplate[];
  readonly memory: GgufMemoryEstimate & { readonly contextTokens: number };
  /** The code of the first rule that the file breaks; null where it is sound. */
  readonly brokenRule: string | null;
  /** Why it is not sound, a context beyond the model's own, and what is suspicious in its chat templates. */
  readonly warnings: readonly Warning[];
}

export interface InspectedTemplate {
  readonly name: string;
  readonly text: string;
  /** Of its text in UTF-8. */
  readonly sha256: string;
  readonly findings: readonly TemplateFinding[];
}

export interface InspectGgufOptions {
  /** The context that the memory is estimated for; 4096 tokens, or the model's where that is less. */
  readonly contextTokens?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_CONTEXT_TOKENS = 4096;

/** Throws `SYSTEM_FILE_*`, the `GGUF_*` of a header that cannot be read, `TEMPLATE_LIMIT`. */
export async function inspectGguf(path: string, options: InspectGgufOptions = {}): Promise<GgufInspection> {
  const { signal } = options;
  const absolutePath = resolve(path);
  return withFileSource(absolutePath, async (source) => {
    const file = await parseGguf(source, signal === undefined ? {} : { signal });
    const facts = describeGguf(file);
    const contextTokens =
      options.contextTokens ??
      Math.min(DEFAULT_CONTEXT_TOKENS, facts.contextLength ?? DEFAULT_CONTEXT_TOKENS);
    const broken = findBrokenRule(file);
    assertTemplatesWithinLimits(facts.chatTemplates, absolutePath);
    const chatTemplates = inspectTemplates(facts);
    return {
      path: absolutePath,
      facts,
      chatTemplates,
      memory: { ...estimateMemory(file, { contextTokens }), contextTokens },
      brokenRule: broken?.code ?? null,
      warnings: [
        ...unsound(broken, absolutePath),
        ...beyondContext(facts, contextTokens),
        ...chatTemplates.flatMap((template) => toWarnings(template, template.findings)),
      ],
    };
  });
}

function inspectTemplates({ chatTemplates }: GgufFacts): readonly InspectedTemplate[] {
  const digests = listChatTemplates(chatTemplates);
  return chatTemplates.map((template, index) => ({
    ...template,
    sha256: digests[index]?.sha256 ?? '',
    findings: scanChatTemplate(template),
  }));
}

function findBrokenRule(file: GgufFile): GgufFailure | null {
  try {
    checkGguf(file);
    return null;
  } catch (error) {
    if (error instanceof GgufFailure) return error;
    throw error;
  }
}

function unsound(broken: GgufFailure | null, path: string): Warning[] {
  if (broken === null) return [];
  const { code, message } = broken;
  return [{ code, message: `Not sound: ${message} More: milton gguf check ${quoteWord(path)}` }];
}

function beyondContext({ contextLength }: GgufFacts, contextTokens: number): Warning[] {
  if (contextLength === null || contextTokens <= contextLength) return [];
  return [
    {
      code: 'GGUF_CONTEXT_BEYOND_MODEL',
      message: `The model was made for ${contextLength} tokens of context; the estimate is for ${contextTokens}, where its answers may be worthless.`,
    },
  ];
}
