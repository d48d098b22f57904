/**
 * Parses the expressions of Jinja ("Expressions") from the tokens of one tag. Whatever cannot be parsed is left to the
 * caller: the tokens are still there.
 */
import type { Argument, Expression } from './expression.ts';
import { MAX_CHAIN, MAX_EXPRESSION_DEPTH, MAX_ITEMS } from './limits.ts';
import type { Token } from './tokens.ts';

type Rank = Extract<Expression, { kind: 'operation' }>['rank'];

/** Weakest first. `or` and `and` may share a rank: what is looked for does not depend on which binds closer. */
const RANKS: readonly { readonly rank: Rank; readonly operators: readonly string[] }[] = [
  { rank: 'logic', operators: ['or', 'and'] },
  { rank: 'comparison', operators: ['==', '!=', '<', '>', '<=', '>=', 'in', 'not'] },
  { rank: 'sum', operators: ['+', '-'] },
  { rank: 'concat', operators: ['~'] },
  { rank: 'product', operators: ['*', '/', '//', '%'] },
  { rank: 'power', operators: ['**'] },
];

/** Why the rest of a tag could not be read. */
export type Trouble = 'grammar' | 'depth';

/** The tokens of one tag, read from front to back. The first thing that cannot be read ends it: see {@link trouble}. */
export class ExpressionReader {
  #at = 0;
  #depth = 0;
  readonly #tokens: readonly Token[];
  /** What went wrong; null so far. */
  trouble: Trouble | null = null;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get offset(): number {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]?.offset ?? 0;
  }

  isAt(...values: readonly string[]): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && token.kind !== 'text' && values.includes(token.value);
  }

  /** Takes the token if it is one of these. */
  take(...values: readonly string[]): boolean {
    if (!this.isAt(...values)) return false;
    this.#at += 1;
    return true;
  }

  /** Takes a name; null where none stands. */
  takeName(): string | null {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name') return null;
    this.#at += 1;
    return token.value;
  }

  /** One expression, or several with commas between as a list. */
  readTuple(): Expression {
    const { offset } = this;
    const first = this.read();
    if (!this.isAt(',')) return first;
    const items = [first];
    while (this.take(',') && !this.isAtEnd && !this.isAt(')', '=')) {
      items.push(this.read());
      if (items.length > MAX_ITEMS) this.#give('depth');
    }
    return { kind: 'list', items, offset };
  }

  /** `a if b else c`, and all that binds closer. */
  read(): Expression {
    const { offset } = this;
    if (this.#depth >= MAX_EXPRESSION_DEPTH) return this.#give('depth');
    this.#depth += 1;
    let value = this.#readRank(0);
    if (this.take('if')) {
      const test = this.#readRank(0);
      const whenFalse = this.take('else') ? this.read() : null;
      value = { kind: 'choice', test, whenTrue: value, whenFalse, offset };
    }
    this.#depth -= 1;
    return value;
  }

  /** Without `a if b`: what `for x in …` iterates over. */
  readWithoutChoice(): Expression {
    return this.#readRank(0);
  }

  /** `name(…) | name …`, as it stands behind `{% filter`. */
  readFilters(of: Expression): Expression {
    let value = of;
    let length = 0;
    do {
      const { offset } = this;
      const name = this.#readDottedName();
      length += 1;
      if (length > MAX_CHAIN) return this.#give('depth');
      value = { kind: 'filter', of: value, name, args: this.take('(') ? this.readArguments() : [], offset };
    } while (this.trouble === null && this.take('|'));
    return value;
  }

  /** Leaves the rest unread. */
  skip(): void {
    this.#at = this.#tokens.length;
  }

  /** `(a, *b, c=d, **e)`, the opening bracket taken. */
  readArguments(): readonly Argument[] {
    const args: Argument[] = [];
    while (!this.isAtEnd && !this.isAt(')')) {
      this.take('*', '**');
      const value = this.read();
      if (value.kind === 'name' && this.take('=')) args.push({ name: value.name, value: this.read() });
      else args.push({ name: null, value });
      if (args.length > MAX_ITEMS) this.#give('depth');
      if (this.trouble !== null || !this.take(',')) break;
    }
    this.#expect(')');
    return args;
  }

  #readRank(index: number): Expression {
    const level = RANKS[index];
    if (level === undefined) return this.#readUnary();
    const { offset } = this;
    const operands: Expression[] = [];
    const operators: string[] = [];
    for (;;) {
      operands.push(level.rank === 'logic' ? this.#readNot() : this.#readRank(index + 1));
      if (operands.length > MAX_ITEMS) this.#give('depth');
      if (this.trouble !== null || !this.isAt(...level.operators)) break;
      operators.push(this.#takeOperator());
    }
    const [only] = operands;
    if (operands.length === 1 && only !== undefined) return only;
    return { kind: 'operation', rank: level.rank, operators, operands, offset };
  }

  #readNot(): Expression {
    const { offset } = this;
    let isNegated = false;
    while (this.take('not')) isNegated = true;
    const of = this.#readRank(1);
    return isNegated ? { kind: 'unary', operator: 'not', of, offset } : of;
  }

  #takeOperator(): string {
    const value = this.#tokens[this.#at]?.value ?? '';
    this.#at += 1;
    if (value !== 'not') return value;
    this.#expect('in');
    return 'not in';
  }

  #readUnary(): Expression {
    const { offset } = this;
    let operator: string | null = null;
    while (this.isAt('-', '+')) operator = this.#takeOperator();
    const of = this.#readChain(this.#readPrimary());
    return operator === null ? of : { kind: 'unary', operator, of, offset };
  }

  #readChain(start: Expression): Expression {
    let value = start;
    for (let length = 0; this.trouble === null; length += 1) {
      const next = this.#readLink(value);
      if (next === null) return value;
      if (length === MAX_CHAIN) return this.#give('depth');
      value = next;
    }
    return value;
  }

  #readLink(of: Expression): Expression | null {
    const { offset } = this;
    if (this.take('.')) return { kind: 'member', of, key: this.#readKey(), isDotted: true, offset };
    if (this.take('[')) return this.#readSubscript(of, offset);
    if (this.take('(')) return { kind: 'call', callee: of, args: this.readArguments(), offset };
    if (this.take('|')) {
      const name = this.#readDottedName();
      return { kind: 'filter', of, name, args: this.take('(') ? this.readArguments() : [], offset };
    }
    if (this.take('is')) {
      this.take('not');
      const name = this.#readDottedName();
      return { kind: 'test', of, name, args: this.#readTestArguments(), offset };
    }
    return null;
  }

  #readKey(): Expression {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name' && token?.kind !== 'number') return this.#give('grammar');
    this.#at += 1;
    return { kind: 'text', value: token.value, isDisguised: false, offset: token.offset };
  }

  #readSubscript(of: Expression, offset: number): Expression {
    const parts: Expression[] = [];
    let colons = 0;
    let last: Expression | null = null;
    while (!this.isAtEnd && !this.isAt(']') && this.trouble === null) {
      if (this.take(':')) {
        colons += 1;
        last = null;
      } else if (this.take(',')) {
        last = null;
      } else {
        last = this.read();
        parts.push(last);
        if (parts.length > MAX_ITEMS) this.#give('depth');
      }
    }
    this.#expect(']');
    const [key] = parts;
    if (colons === 0 && parts.length === 1 && key !== undefined) {
      return { kind: 'member', of, key, isDotted: false, offset };
    }
    const isReversed = colons === 2 && last?.kind === 'unary' && last.operator === '-';
    return { kind: 'slice', of, parts, isReversed, offset };
  }

  #readDottedName(): string {
    const names: string[] = [];
    do {
      const name = this.takeName();
      if (name === null) this.#give('grammar');
      else names.push(name);
    } while (this.take('.'));
    return names.join('.');
  }

  /** `is divisibleby 3` and `is in [1, 2]` need no brackets (Jinja, `parse_test`). */
  #readTestArguments(): readonly Argument[] {
    if (this.take('(')) return this.readArguments();
    const token = this.#tokens[this.#at];
    const isValue =
      token !== undefined &&
      (token.kind === 'text' ||
        token.kind === 'number' ||
        (token.kind === 'operator' && ['[', '{'].includes(token.value)) ||
        (token.kind === 'name' &&
          !['if', 'else', 'or', 'and', 'is', 'not', 'in', 'recursive'].includes(token.value)));
    if (!isValue) return [];
    if (this.#depth >= MAX_EXPRESSION_DEPTH) return [{ name: null, value: this.#give('depth') }];
    this.#depth += 1;
    const value = this.#readChain(this.#readPrimary());
    this.#depth -= 1;
    return [{ name: null, value }];
  }

  #readPrimary(): Expression {
    const token = this.#tokens[this.#at];
    if (token === undefined) return this.#give('grammar');
    const { kind, value, offset } = token;
    this.#at += 1;
    switch (kind) {
      case 'text':
        return this.#readText(token);
      case 'number':
        return { kind, value: Number(value.replaceAll('_', '')), offset };
      case 'name':
        return { kind, name: value, offset };
      case 'operator':
        return this.#readBracket(value, offset);
    }
  }

  /** Texts side by side are one text, as in Python. */
  #readText({ value, isDisguised, offset }: Token): Expression {
    let text = value;
    let disguised = isDisguised;
    for (let next = this.#tokens[this.#at]; next?.kind === 'text'; next = this.#tokens[this.#at]) {
      text += next.value;
      disguised ||= next.isDisguised;
      this.#at += 1;
    }
    return { kind: 'text', value: text, isDisguised: disguised, offset };
  }

  #readBracket(open: string, offset: number): Expression {
    const close = { '(': ')', '[': ']', '{': '}' }[open];
    if (close === undefined) {
      this.#at -= 1;
      return this.#give('grammar');
    }
    const items: Expression[] = [];
    let commas = 0;
    while (!this.isAtEnd && !this.isAt(close) && this.trouble === null) {
      items.push(this.read());
      if (open === '{' && this.take(':')) items.push(this.read());
      if (items.length > MAX_ITEMS) this.#give('depth');
      if (!this.take(',')) break;
      commas += 1;
    }
    this.#expect(close);
    const [only] = items;
    if (open === '(' && commas === 0 && items.length === 1 && only !== undefined) return only;
    return { kind: 'list', items, offset };
  }

  #expect(value: string): void {
    if (!this.take(value)) this.#give('grammar');
  }

  #give(trouble: Trouble): Expression {
    this.trouble ??= trouble;
    const { offset } = this;
    this.#at = this.#tokens.length;
    return { kind: 'list', items: [], offset };
  }
}
