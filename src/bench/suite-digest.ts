/** One digest for what a suite asks, so that two runs can be compared: equal digests, equal questions. */
import type { JsonValue } from '../core/index.ts';
import { compareCodeUnits, isJsonObject } from '../core/index.ts';
import { hashBytes } from '../system/index.ts';
import type { AskedOfModels } from './suite.ts';

/**
 * SHA-256 (lower-case hex) of `milton-suite-1`, a newline, and the canonical JSON of `{cove, prompts, retrieval, speed}`: UTF-8, no
 * white space, keys in the order of their code units, lists in the order of the files, strings and numbers as RFC 8785
 * writes them, every default filled in. How a file is indented does not count, nor name, description and `seen_by`.
 */
export function suiteDigest({ speed, cove, retrieval, prompts }: AskedOfModels): string {
  const asked = {
    speed: speed.map(({ id, category, prompt, maxTokens }) => ({
      id,
      category,
      prompt,
      max_tokens: maxTokens,
    })),
    cove: cove.map(({ id, category, question, draft, draftIsRight, accepted }) => ({
      id,
      category,
      question,
      draft,
      draft_is_right: draftIsRight,
      accepted,
    })),
    retrieval: {
      documents: retrieval.documents.map(({ id, text }) => ({ id, text })),
      queries: retrieval.queries.map(({ id, query, relevant }) => ({ id, query, relevant })),
    },
    prompts: {
      plan: prompts.plan,
      check: prompts.check,
      final: prompts.final,
      document: prompts.document,
    },
  };
  return hashBytes(`milton-suite-1\n${canonicalJson(asked)}`);
}

/** `JSON.stringify` writes strings and numbers as RFC 8785 wants them. */
function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted(compareCodeUnits)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}
