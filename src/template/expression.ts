/** What an expression of a template is, once it is parsed. Every node knows where it stands. */

interface Place {
  /** From the start of the template. */
  readonly offset: number;
}

/** `name` is null for a positional argument. */
export interface Argument {
  readonly name: string | null;
  readonly value: Expression;
}

interface Applied {
  readonly of: Expression;
  readonly name: string;
  readonly args: readonly Argument[];
}

export type Expression =
  | (Place & { readonly kind: 'text'; readonly value: string; readonly isDisguised: boolean })
  | (Place & { readonly kind: 'number'; readonly value: number })
  | (Place & { readonly kind: 'name'; readonly name: string })
  /** `of.key` and `of[key]`. */
  | (Place & {
      readonly kind: 'member';
      readonly of: Expression;
      readonly key: Expression;
      readonly isDotted: boolean;
    })
  /** `of[a:b:c]`; the parts that are there. */
  | (Place & {
      readonly kind: 'slice';
      readonly of: Expression;
      readonly parts: readonly Expression[];
      readonly isReversed: boolean;
    })
  | (Place & { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Argument[] })
  | (Place & Applied & { readonly kind: 'filter' })
  | (Place & Applied & { readonly kind: 'test' })
  /** A chain of operators of one rank: `operators[i]` stands between `operands[i]` and `operands[i + 1]`. */
  | (Place & {
      readonly kind: 'operation';
      readonly rank: 'logic' | 'comparison' | 'sum' | 'concat' | 'product' | 'power';
      readonly operators: readonly string[];
      readonly operands: readonly Expression[];
    })
  | (Place & { readonly kind: 'unary'; readonly operator: string; readonly of: Expression })
  | (Place & {
      readonly kind: 'choice';
      readonly test: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression | null;
    })
  /** A list, a tuple, or the values of a dict. */
  | (Place & { readonly kind: 'list'; readonly items: readonly Expression[] });

/** The parts of a node, for walking. */
export function partsOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'text':
    case 'number':
    case 'name':
      return [];
    case 'member':
      return [node.of, node.key];
    case 'slice':
      return [node.of, ...node.parts];
    case 'call':
      return [node.callee, ...node.args.map(({ value }) => value)];
    case 'filter':
    case 'test':
      return [node.of, ...node.args.map(({ value }) => value)];
    case 'operation':
      return node.operands;
    case 'unary':
      return [node.of];
    case 'choice':
      return node.whenFalse === null
        ? [node.test, node.whenTrue]
        : [node.test, node.whenTrue, node.whenFalse];
    case 'list':
      return node.items;
  }
}

/** Every node below these, each once, those nearer to the root first. */
export function* walk(roots: Iterable<Expression>): Generator<Expression> {
  const waiting = [...roots].toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    waiting.push(...partsOf(node).toReversed());
  }
}
