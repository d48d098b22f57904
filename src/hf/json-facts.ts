/** What a JSON file of a model says that decides whether it ships: code of its own, a notebook, a tokenizer. Pure. */
import { escapeText } from '../core/index.ts';
import { scanJson, type JsonKind, type JsonMember, type JsonScan } from './json-scan.ts';

export interface JsonFacts {
  /** Of the outermost value. */
  readonly kind: JsonKind;
  /** The key under which Python of its own is named, or null. */
  readonly remoteCodeKey: string | null;
  /** A layer that carries byte code (Keras: class_name "Lambda"). */
  readonly hasLambda: boolean;
  readonly isNotebook: boolean;
  /** What stands under "model" at the top, and under "vocab" in there; null where nothing does. */
  readonly model: JsonKind | null;
  readonly vocabulary: JsonKind | null;
}

export type JsonReading =
  { readonly ok: true; readonly facts: JsonFacts } | Extract<JsonScan, { readonly ok: false }>;

/** Of bytes that are known to be UTF-8. */
export function readJsonFacts(bytes: Uint8Array): JsonReading {
  const facts = new FactCollector();
  const scan = scanJson(bytes, { onMember: (member) => facts.add(member) });
  return scan.ok ? { ok: true, facts: facts.of(scan.kind) } : scan;
}

/**
 * The keys by which transformers finds classes in the repository itself: configuration, tokenizer and processors (`auto_map`),
 * pipelines (`custom_pipelines`), generation (`custom_generate`); and PEFT's `auto_mapping`, which names a module to import.
 */
const REMOTE_CODE_KEYS = new Set(['auto_map', 'auto_mapping', 'custom_pipelines', 'custom_generate']);

class FactCollector {
  readonly #topKeys = new Set<string>();
  #remoteCodeKey: string | null = null;
  #hasLambda = false;
  #model: JsonKind | null = null;
  #vocabulary: JsonKind | null = null;

  add({ key, parentKey, depth, kind, isEmpty, text }: JsonMember): void {
    // In a vocabulary such a word stands with a number.
    const isNamed = (kind === 'object' || kind === 'array' || kind === 'string') && !isEmpty;
    if (isNamed && REMOTE_CODE_KEYS.has(key)) this.#remoteCodeKey ??= key;
    if (key === 'class_name' && text === 'Lambda') this.#hasLambda = true;
    if (depth === 1 && (key === 'cells' || key === 'nbformat')) this.#topKeys.add(key);
    if (depth === 1 && key === 'model') this.#model = kind;
    if (depth === 2 && parentKey === 'model' && key === 'vocab') this.#vocabulary = kind;
  }

  of(kind: JsonKind): JsonFacts {
    return {
      kind,
      remoteCodeKey: this.#remoteCodeKey,
      hasLambda: this.#hasLambda,
      isNotebook: this.#topKeys.size === 2,
      model: this.#model,
      vocabulary: this.#vocabulary,
    };
  }
}

/** Where and why a file that should be JSON is not. */
export function describeJsonFault({ line, what }: Extract<JsonScan, { readonly ok: false }>): string {
  return `line ${line}: ${escapeText(what, 200)}`;
}
