/** Finds addresses and scripts in what a template prints: no token format needs them, and a model repeats what it is given. */
import { walk, type Expression } from './expression.ts';
import type { Constants } from './fold.ts';
import type { Found } from './found.ts';
import type { Item } from './statement.ts';

export function findAddresses(items: readonly Item[], constants: Constants): readonly Found[] {
  const found: Found[] = [];
  for (const item of items) {
    if (item.kind === 'text') {
      const index = item.text.search(ADDRESS);
      if (index !== -1) found.push(address(item.offset + index));
    }
    if (item.kind !== 'tag') continue;
    for (const node of walk(item.expressions.filter((expression) => !isRefusal(expression)))) {
      if (ADDRESS.test(constants.textOf(node) ?? '')) found.push(address(node.offset));
    }
  }
  return found;
}

/** What `raise_exception` says goes to a person, not into the prompt. */
function isRefusal(node: Expression): boolean {
  return node.kind === 'call' && node.callee.kind === 'name' && node.callee.name === 'raise_exception';
}

function address(offset: number): Found {
  return { class: 'remote-address', offset, reason: 'prints an address or a script' };
}

const ADDRESS =
  /\b(?:https?|ftp|wss?|file):\/\/|\bjavascript:|\bdata:[\w.+-]{1,40}\/[\w.+-]{1,40}[;,]|<\s{0,8}(?:script|iframe)\b|!\[[^\]\n]{0,80}\]\(/i;
