/**
 * Puts texts together that a template builds from constants (`'__cl' ~ 'ass__'`, `%c`, `|join`, `|reverse` …), so that a
 * rule sees what the template would say. Within limits; what depends on a conversation stays unknown.
 */
import type { Argument, Expression } from './expression.ts';
import { MAX_FOLDED_CHARACTERS, MAX_FOLD_DEPTH, MAX_FOLD_STEPS } from './limits.ts';
import { pathOf, type Names } from './names.ts';

type Value = string | readonly Value[];

export class Constants {
  readonly #names: Names;
  readonly #known = new Map<Expression, Value | null>();
  readonly #open = new Set<string>();
  #depth = 0;
  #steps = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  /** True once more had to be looked through than any real template needs: what came after was not judged. */
  get isExhausted(): boolean {
    return this.#steps > MAX_FOLD_STEPS;
  }

  /** The text that it always stands for; null where that cannot be told. */
  textOf(node: Expression): string | null {
    const value = node.kind === 'text' ? node.value : this.#fold(node);
    return typeof value === 'string' ? value : null;
  }

  /** Every constant text that may be in it: items of lists, and all that a name was ever set to. */
  allOf(node: Expression): readonly string[] {
    const found: string[] = [];
    const seen = new Set<Expression>();
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined && !this.isExhausted; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      this.#steps += 1;
      const text = this.textOf(next);
      if (text !== null) {
        found.push(text);
        continue;
      }
      const path = pathOf(next);
      if (path !== null && this.#names.of(path).length > 0) {
        for (const { value } of this.#names.of(path)) {
          this.#steps += 1;
          if (value !== null) waiting.push(value);
        }
      } else if (next.kind === 'list') waiting.push(...next.items);
      else if (next.kind === 'choice')
        waiting.push(next.whenTrue, ...(next.whenFalse === null ? [] : [next.whenFalse]));
      else if (next.kind === 'filter' || next.kind === 'slice' || next.kind === 'member')
        waiting.push(next.of);
      else if (next.kind === 'call' && next.callee.kind === 'member') waiting.push(next.callee.of);
      else if (next.kind === 'operation' && next.rank !== 'comparison') waiting.push(...next.operands);
    }
    return found;
  }

  #fold(node: Expression): Value | null {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    if (this.#depth >= MAX_FOLD_DEPTH) return null;
    this.#depth += 1;
    const value = this.#foldNew(node);
    this.#depth -= 1;
    const kept = typeof value === 'string' && value.length > MAX_FOLDED_CHARACTERS ? null : value;
    // Kept even where it is null for the depth alone: hostile values refer to each other twice over.
    this.#known.set(node, kept);
    return kept;
  }

  #foldNew(node: Expression): Value | null {
    switch (node.kind) {
      case 'text':
        return node.value;
      case 'number':
        return String(node.value);
      case 'name':
      case 'member':
        return this.#foldPath(node);
      case 'list':
        return this.#foldAll(node.items);
      case 'choice':
        return this.#fold(node.whenTrue);
      case 'slice':
        return node.isReversed ? reversed(this.#fold(node.of)) : null;
      case 'operation':
        return this.#foldOperation(node);
      case 'filter':
        return applyFilter(node.name, this.#fold(node.of), this.#foldArguments(node.args));
      case 'call':
        return this.#foldCall(node);
      case 'unary':
      case 'test':
        return null;
    }
  }

  #foldPath(node: Expression): Value | null {
    const path = pathOf(node);
    const bindings = path === null ? [] : this.#names.of(path);
    const [only] = bindings;
    if (path === null || bindings.length !== 1 || only?.how !== 'value' || only.value === null) return null;
    if (this.#open.has(path)) return null;
    this.#open.add(path);
    const value = this.#fold(only.value);
    this.#open.delete(path);
    return value;
  }

  #foldAll(nodes: readonly Expression[]): readonly Value[] | null {
    const values = nodes.map((node) => this.#fold(node));
    return values.every((value) => value !== null) ? values : null;
  }

  #foldOperation(node: Extract<Expression, { kind: 'operation' }>): Value | null {
    const { rank, operators, operands } = node;
    if (rank === 'concat' || (rank === 'sum' && operators.every((operator) => operator === '+'))) {
      return joined(this.#foldAll(operands), '');
    }
    const [left, right] = operands;
    if (rank !== 'product' || operands.length !== 2 || left === undefined || right === undefined) return null;
    const value = this.#fold(left);
    if (operators[0] === '%') {
      const given = this.#fold(right);
      return typeof value === 'string' && given !== null
        ? formatted(value, typeof given === 'string' ? [given] : given)
        : null;
    }
    const count = right.kind === 'number' ? right.value : 0;
    const isShort = typeof value === 'string' && count > 0 && value.length * count <= MAX_FOLDED_CHARACTERS;
    return operators[0] === '*' && isShort ? value.repeat(Math.trunc(count)) : null;
  }

  #foldCall({ callee, args }: Extract<Expression, { kind: 'call' }>): Value | null {
    const values = this.#foldArguments(args);
    // dict(__class__=1)|join takes its names for texts.
    if (callee.kind === 'name') {
      return callee.name === 'dict' ? args.map(({ name }) => name).filter((name) => name !== null) : null;
    }
    if (callee.kind !== 'member' || callee.key.kind !== 'text') return null;
    const of = this.#fold(callee.of);
    switch (callee.key.value) {
      case 'join':
        return typeof of === 'string' ? joined(values?.[0] ?? null, of) : null;
      case 'format':
        return typeof of === 'string' && values !== null ? filledIn(of, values) : null;
      default:
        return applyFilter(callee.key.value, of, values);
    }
  }

  #foldArguments(args: readonly Argument[]): readonly Value[] | null {
    return this.#foldAll(args.map(({ value }) => value));
  }
}

function applyFilter(name: string, value: Value | null, args: readonly Value[] | null): Value | null {
  if (value === null || args === null) return null;
  const [first = null, second = null] = args.map((argument) =>
    typeof argument === 'string' ? argument : null,
  );
  switch (name) {
    case 'join':
      return joined(typeof value === 'string' ? Array.from(value) : value, first ?? '');
    case 'reverse':
      return reversed(value);
    case 'list':
    case 'unique':
    case 'safe':
    case 'string':
    case 'trim':
    case 'strip':
      return value;
    case 'format':
      return typeof value === 'string' ? formatted(value, args) : null;
    case 'lower':
      return typeof value === 'string' ? value.toLowerCase() : null;
    case 'upper':
      return typeof value === 'string' ? value.toUpperCase() : null;
    case 'replace':
      return typeof value === 'string' && first !== null && first !== '' && second !== null
        ? replaced(value, first, second)
        : null;
    default:
      return null;
  }
}

function joined(values: Value | null, separator: string): string | null {
  if (values === null || typeof values === 'string' || !values.every((value) => typeof value === 'string'))
    return null;
  const length = values.reduce((sum, value) => sum + value.length + separator.length, 0);
  return length > MAX_FOLDED_CHARACTERS ? null : values.join(separator);
}

function replaced(value: string, from: string, to: string): string | null {
  const pieces = value.split(from);
  return joined(pieces, to);
}

function reversed(value: Value | null): Value | null {
  if (value === null) return null;
  return typeof value === 'string' ? [...value].toReversed().join('') : value.toReversed();
}

/** `'%c%s' % (95, 'x')`. */
function formatted(pattern: string, args: readonly Value[]): string | null {
  let index = 0;
  const pieces = pattern.split(/(%[csd])/).map((piece) => {
    if (!/^%[csd]$/.test(piece)) return piece;
    const argument = args[index];
    index += 1;
    if (typeof argument !== 'string') return '';
    return piece === '%c' && /^\d{1,7}$/.test(argument) ? characterOf(Number(argument)) : argument;
  });
  return joined(pieces, '');
}

/** `'{}{1}'.format('a', 'b')`; `{0:c}` makes a character of a number. */
function filledIn(pattern: string, args: readonly Value[]): string | null {
  let index = 0;
  const pieces = pattern.split(/(\{\d*(?::[^{}]*)?\})/).map((piece) => {
    const [, number, format] = /^\{(\d*)(?::([^{}]*))?\}$/.exec(piece) ?? [];
    if (number === undefined) return piece;
    const argument = args[number === '' ? index++ : Number(number)];
    if (typeof argument !== 'string') return '';
    return format === 'c' && /^\d{1,7}$/.test(argument) ? characterOf(Number(argument)) : argument;
  });
  return joined(pieces, '');
}

function characterOf(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}
