/** Which names of a template stand for which values, whatever the order: a rule must hold for every path through it. */
import { walk, type Argument, type Expression } from './expression.ts';
import type { Binding, Item } from './statement.ts';

export class Names {
  readonly #bindings = new Map<string, Binding[]>();
  /** The parameters of each macro, in order. */
  readonly #macros = new Map<string, ReadonlySet<string>>();
  /** What every print, condition and value holds, in order. */
  readonly roots: readonly Expression[];

  constructor(items: readonly Item[]) {
    const roots: Expression[] = [];
    const blocks: OpenBlock[] = [];
    for (const item of items) {
      if (item.kind === 'text')
        collect(blocks, { kind: 'text', value: item.text, isDisguised: false, offset: item.offset });
      if (item.kind !== 'tag') continue;
      roots.push(...item.expressions);
      if (item.keyword === 'print') for (const value of item.expressions) collect(blocks, value);
      if (item.keyword === 'set-block') {
        blocks.push({ name: item.bindings[0]?.name ?? '', parts: [], offset: item.offset });
      } else if (item.keyword === 'endset') {
        this.#close(blocks.pop());
      } else {
        for (const binding of item.bindings) this.#bind(binding);
      }
      if (item.keyword === 'macro' && item.name !== null) {
        this.#bind({ name: item.name, how: 'value', value: null });
        this.#macros.set(item.name, new Set(item.bindings.map(({ name }) => name)));
      }
    }
    this.roots = roots;
    this.#bindCalls();
  }

  get all(): Iterable<readonly [name: string, bindings: readonly Binding[]]> {
    return this.#bindings;
  }

  of(name: string): readonly Binding[] {
    return this.#bindings.get(name) ?? [];
  }

  isMacro(name: string): boolean {
    return this.#macros.has(name);
  }

  #close(block: OpenBlock | undefined): void {
    if (block === undefined) return;
    const { name, parts, offset } = block;
    const operators = parts.slice(1).map(() => '~');
    this.#bind({
      name,
      how: 'value',
      value: { kind: 'operation', rank: 'concat', operators, operands: parts, offset },
    });
  }

  /** `namespace(x=1)` gives `ns.x`, and a call gives the parameters of its macro. */
  #bindCalls(): void {
    for (const [name, bindings] of this.#bindings) {
      for (const { value } of bindings) {
        if (value?.kind !== 'call' || value.callee.kind !== 'name' || value.callee.name !== 'namespace')
          continue;
        for (const argument of value.args) {
          if (argument.name !== null) {
            this.#bind({ name: `${name}.${argument.name}`, how: 'value', value: argument.value });
          }
        }
      }
    }
    for (const node of walk(this.roots)) {
      if (node.kind === 'call' && node.callee.kind === 'name') this.#bindCall(node.callee.name, node.args);
    }
  }

  #bindCall(macro: string, args: readonly Argument[]): void {
    const parameters = this.#macros.get(macro) ?? new Set<string>();
    const inOrder = [...parameters].slice(0, args.length);
    for (const [index, { name: given, value }] of args.entries()) {
      const name = given ?? inOrder[index];
      if (name !== undefined && parameters.has(name)) this.#bind({ name, how: 'parameter', value });
    }
  }

  #bind(binding: Binding): void {
    const before = this.#bindings.get(binding.name);
    if (before === undefined) this.#bindings.set(binding.name, [binding]);
    else before.push(binding);
  }
}

/** `x`, or `ns.x` where that is what the expression says; null for anything else. */
export function pathOf(node: Expression): string | null {
  if (node.kind === 'name') return node.name;
  if (node.kind !== 'member' || node.of.kind !== 'name' || node.key.kind !== 'text') return null;
  return `${node.of.name}.${node.key.value}`;
}

interface OpenBlock {
  readonly name: string;
  readonly parts: Expression[];
  readonly offset: number;
}

function collect(blocks: readonly OpenBlock[], part: Expression): void {
  blocks.at(-1)?.parts.push(part);
}
