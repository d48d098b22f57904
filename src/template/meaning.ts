/**
 * What a value of a template is made of: the conversation's structure, the text that people and tools wrote, how long that
 * is, the clock, or none of these. This is what tells a test of a role from a test of what was said.
 */
import type { Expression } from './expression.ts';
import type { Constants } from './fold.ts';
import { pathOf, type Names } from './names.ts';
import type { Binding } from './statement.ts';

/** Weakest first: of two, the later one counts. `part` is an item of a content that has several. */
export const MEANINGS = ['none', 'clock', 'measure', 'messages', 'part', 'content'] as const;
export type Meaning = (typeof MEANINGS)[number];

/** Assignments settle within one round for each loop around them; more rounds than any template has loops. */
const ROUNDS = 8;

export class Meanings {
  readonly #names: Names;
  readonly #constants: Constants;
  readonly #ofNames = new Map<string, Meaning>();

  constructor(names: Names, constants: Constants) {
    this.#names = names;
    this.#constants = constants;
    for (const [name, bindings] of names.all) {
      // Nobody says what a parameter gets; a name that speaks for itself is believed.
      const isGiven = bindings.every(({ how, value }) => how === 'parameter' && value === null);
      this.#ofNames.set(name, isGiven ? meaningOfName(name) : 'none');
    }
    for (let round = 0; round < ROUNDS && this.#settle(); round += 1);
  }

  of(node: Expression): Meaning {
    switch (node.kind) {
      case 'text':
      case 'number':
      case 'test':
        return 'none';
      case 'name':
        return this.#ofNames.get(node.name) ?? meaningOfName(node.name);
      case 'member':
        return this.#ofMember(node);
      case 'slice':
        return this.of(node.of);
      case 'call':
        return this.#ofCall(node);
      case 'filter':
        return this.#ofFilter(node);
      case 'operation':
        return node.rank === 'comparison'
          ? 'none'
          : strongest(node.operands.map((operand) => this.of(operand)));
      case 'unary':
        return node.operator === 'not' ? 'none' : this.of(node.of);
      case 'choice':
        return strongest([
          this.of(node.whenTrue),
          node.whenFalse === null ? 'none' : this.of(node.whenFalse),
        ]);
      case 'list':
        return strongest(node.items.map((item) => this.of(item)));
    }
  }

  /** True if anything changed. */
  #settle(): boolean {
    let hasChanged = false;
    for (const [name, bindings] of this.#names.all) {
      const before = this.#ofNames.get(name) ?? 'none';
      const now = strongest([before, ...bindings.map((binding) => this.#ofBinding(binding))]);
      if (now === before) continue;
      this.#ofNames.set(name, now);
      hasChanged = true;
    }
    return hasChanged;
  }

  #ofBinding({ how, value }: Binding): Meaning {
    if (value === null || how === 'key') return 'none';
    const meaning = this.of(value);
    return how === 'item' && meaning === 'content' && !isSplit(value) ? 'part' : meaning;
  }

  #ofMember(node: Extract<Expression, { kind: 'member' }>): Meaning {
    const path = pathOf(node);
    if (path !== null && this.#names.of(path).length > 0) return this.#ofNames.get(path) ?? 'none';
    const of = this.of(node.of);
    const key = node.key.kind === 'number' ? null : this.#constants.textOf(node.key);
    if (key !== null && CONTENT_KEYS.has(key)) return of === 'none' && key === 'text' ? 'none' : 'content';
    if (of === 'part' || of === 'content') return key === null ? of : 'messages';
    return of;
  }

  #ofCall({ callee, args }: Extract<Expression, { kind: 'call' }>): Meaning {
    const given = args.map(({ value }) => this.of(value));
    if (callee.kind === 'name') {
      if (callee.name === 'strftime_now') return 'clock';
      return this.#names.isMacro(callee.name) ? strongest(given) : 'none';
    }
    if (callee.kind !== 'member') return 'none';
    const method = this.#constants.textOf(callee.key) ?? '';
    const of = this.of(callee.of);
    if (method === 'get') {
      const [key] = args;
      const name = key === undefined ? null : this.#constants.textOf(key.value);
      return of !== 'none' && name !== null && CONTENT_KEYS.has(name)
        ? 'content'
        : of === 'none'
          ? 'none'
          : 'messages';
    }
    // A whole message, taken to pieces, gives what was said in it too.
    if (of === 'messages' && (method === 'items' || method === 'values') && isWhole(callee.of))
      return 'content';
    if (QUESTIONS.has(method)) return of === 'content' || of === 'part' ? 'measure' : 'none';
    return method === 'join' ? strongest([of, ...given]) : of;
  }

  #ofFilter({ of, name, args }: Extract<Expression, { kind: 'filter' }>): Meaning {
    const meaning = this.of(of);
    if (MEASURES.has(name)) return meaning === 'content' || meaning === 'part' ? 'measure' : 'none';
    if (meaning !== 'messages') return meaning;
    const picked = args.some(
      ({ name: given, value }) =>
        given === 'attribute' && CONTENT_KEYS.has(this.#constants.textOf(value) ?? ''),
    );
    if (picked) return 'content';
    // A whole message as text holds what was said in it.
    return WHOLE_AS_TEXT.has(name) && isWhole(of) ? 'content' : meaning;
  }
}

export function strongest(meanings: readonly Meaning[]): Meaning {
  return meanings.reduce<Meaning>(
    (best, one) => (MEANINGS.indexOf(one) > MEANINGS.indexOf(best) ? one : best),
    'none',
  );
}

const MESSAGES_NAMES = new Set(['messages', 'message', 'loop_messages', 'conversation', 'history']);

function meaningOfName(name: string): Meaning {
  if (MESSAGES_NAMES.has(name)) return 'messages';
  return CONTENT_KEYS.has(name) ? 'content' : 'none';
}

/** Under these a message keeps what was said. */
const CONTENT_KEYS = new Set(['content', 'text', 'reasoning_content', 'thinking', 'prompt', 'query']);

/** Methods that answer where, how often or whether. */
const QUESTIONS = new Set(['startswith', 'endswith', 'find', 'rfind', 'index', 'rindex', 'count']);

const MEASURES = new Set(['length', 'count', 'wordcount']);

const WHOLE_AS_TEXT = new Set(['string', 'tojson', 'pprint', 'join', 'list', 'urlencode']);

/** Text that was taken to pieces is text still. */
function isSplit(node: Expression): boolean {
  if (node.kind === 'call') return true;
  if (node.kind === 'filter') return node.name === 'list' || isSplit(node.of);
  return node.kind === 'slice' && isSplit(node.of);
}

function isWhole(node: Expression): boolean {
  return (
    node.kind === 'name' || (node.kind === 'member' && node.key.kind !== 'text') || node.kind === 'slice'
  );
}
