/**
 * Finds what leads out of a template into the program that renders it: Python's special members, what hides their names,
 * and the objects that the published escapes from Jinja start at.
 */
import { BUILDERS, FUNCTIONS, MEMBERS, METHODS, MODULES, OBJECTS } from './code-names.ts';
import { walk, type Expression } from './expression.ts';
import type { Constants } from './fold.ts';
import type { Found } from './found.ts';
import { pathOf, type Names } from './names.ts';
import type { Item } from './statement.ts';

interface Scope {
  readonly names: Names;
  readonly constants: Constants;
}

export function findCode(items: readonly Item[], scope: Scope): readonly Found[] {
  const found: Found[] = [];
  for (const item of items) {
    if (item.kind !== 'tag') continue;
    if (item.keyword === 'debug') found.push(code(item.offset, 'prints all that the renderer knows'));
    // Tokens are there even where the tag cannot be parsed.
    for (const { kind, value, offset, isDisguised } of item.tokens) {
      if (isDisguised) found.push(code(offset, 'writes plain letters as escapes'));
      if (kind === 'name' && isSpecial(value)) found.push(code(offset, `names ${value}`));
      if (kind === 'text' && SPECIAL_TEXT.test(value))
        found.push(code(offset, `names ${specialIn(value)} in a text`));
    }
  }
  const called = new Set<Expression>();
  for (const node of walk(scope.names.roots)) {
    if (node.kind === 'call') called.add(node.callee);
    if (isHandedOn(node, called)) found.push(code(node.offset, 'hands on a method that formats text'));
    const reason = reasonOf(node, scope);
    if (reason !== null) found.push(code(node.offset, reason));
  }
  return found;
}

function code(offset: number, reason: string): Found {
  return { class: 'code-execution', offset, reason };
}

function reasonOf(node: Expression, scope: Scope): string | null {
  switch (node.kind) {
    case 'member':
      return memberReason(node, scope);
    case 'name':
      return isFree(node.name, OBJECTS, scope)
        ? `uses the object ${node.name} of a web application or of Jinja`
        : null;
    case 'call':
      return callReason(node, scope) ?? builtReason(node, scope);
    case 'filter':
      return filterReason(node, scope) ?? builtReason(node, scope);
    case 'operation':
      return builtReason(node, scope);
    case 'text':
    case 'number':
    case 'slice':
    case 'test':
    case 'unary':
    case 'choice':
    case 'list':
      return null;
  }
}

/** `'…'.format` as a value, called elsewhere, got past Jinja's own sandbox (CVE-2024-56326). A call comes before its callee. */
function isHandedOn(node: Expression, called: ReadonlySet<Expression>): boolean {
  const isMethod = node.kind === 'member' && node.isDotted && node.of.kind !== 'name';
  return isMethod && node.key.kind === 'text' && node.key.value === 'format' && !called.has(node);
}

function memberReason(node: Extract<Expression, { kind: 'member' }>, scope: Scope): string | null {
  const { of, key, isDotted } = node;
  if (of.kind === 'name' && isFree(of.name, MODULES, scope)) return `uses the module ${of.name}`;
  const name = scope.constants.textOf(key);
  if (name === null) return buildsText(key, scope) ? 'takes a member whose name is put together' : null;
  if (isSpecial(name) || (name.startsWith('_') && name.includes('__'))) return `takes the member ${name}`;
  if (MEMBERS.has(name)) return `takes the member ${name}`;
  return isDotted && name === 'format_map' ? 'takes the member format_map' : null;
}

function callReason({ callee, args }: Extract<Expression, { kind: 'call' }>, scope: Scope): string | null {
  if (callee.kind === 'name') {
    return isFree(callee.name, FUNCTIONS, scope) ? `calls ${callee.name}` : null;
  }
  if (callee.kind !== 'member') return null;
  const method = scope.constants.textOf(callee.key);
  if (method !== null && METHODS.has(method)) return `calls ${method}`;
  const pattern = method === 'format' ? scope.constants.textOf(callee.of) : null;
  const reaches = pattern !== null && args.length > 0 && /\{[^{}]{0,80}[.[]/.test(pattern);
  return reaches ? 'formats a text that takes members' : null;
}

function filterReason(node: Extract<Expression, { kind: 'filter' }>, { constants }: Scope): string | null {
  if (node.name === 'attr') return 'takes a member with the filter attr';
  if (!['map', 'select', 'reject', 'selectattr', 'rejectattr', 'sort', 'groupby', 'sum'].includes(node.name))
    return null;
  for (const { name, value } of node.args) {
    const text = constants.textOf(value);
    if (text === null) continue;
    if (node.name === 'map' && name === null && text === 'attr') return 'takes members with the filter attr';
    // A path of members: `map(attribute='a.b')`.
    const special = text.split('.').find((part) => isSpecial(part) || MEMBERS.has(part));
    if (special !== undefined) return `takes the member ${special}`;
  }
  return null;
}

/** A name that is put together from harmless pieces. */
function builtReason(node: Expression, { constants }: Scope): string | null {
  const text = constants.textOf(node);
  return text !== null && SPECIAL_TEXT.test(text) ? `puts together ${specialIn(text)}` : null;
}

/** Whether a key is text that a template makes, rather than a name, a number or a choice of them. */
function buildsText(key: Expression, { names, constants }: Scope): boolean {
  const waiting = [key];
  const seen = new Set<string>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    switch (node.kind) {
      case 'operation': {
        if (node.rank === 'concat') return true;
        if (node.rank !== 'sum' && node.rank !== 'product') break;
        if (
          node.operands.some(
            (operand) => operand.kind === 'text' || Number.isNaN(Number(constants.textOf(operand))),
          )
        )
          return true;
        break;
      }
      case 'filter':
        if (BUILDERS.has(node.name)) return true;
        break;
      case 'call':
        if (node.callee.kind === 'member' && BUILDERS.has(constants.textOf(node.callee.key) ?? ''))
          return true;
        break;
      case 'slice':
        if (node.isReversed && node.of.kind === 'text') return true;
        break;
      case 'choice':
        waiting.push(node.whenTrue, ...(node.whenFalse === null ? [] : [node.whenFalse]));
        break;
      case 'name':
      case 'member': {
        const path = pathOf(node);
        if (path === null || seen.has(path) || seen.size >= MAX_NAMES) break;
        seen.add(path);
        for (const { how, value } of names.of(path).slice(0, MAX_NAMES)) {
          if (how === 'value' && value !== null) waiting.push(value);
        }
        break;
      }
      case 'text':
      case 'number':
      case 'test':
      case 'unary':
      case 'list':
        break;
    }
  }
  return false;
}

/** Names that one key is followed through. */
const MAX_NAMES = 8;

function isFree(name: string, set: ReadonlySet<string>, { names }: Scope): boolean {
  return set.has(name) && names.of(name).length === 0;
}

/** `__class__`, and the halves of it that `dict(__cl=1, ass__=2)|join` puts together. */
function isSpecial(name: string): boolean {
  return name.length > 2 && (name.startsWith('__') || name.endsWith('__'));
}

const SPECIAL_TEXT =
  /__(?:class|base|bases|mro|subclasses|globals|builtins|builtin|init|new|import|dict|getattr|getattribute|getitem|setattr|code|closure|func|self|reduce|reduce_ex|module|loader|spec|proto|wrapped|call|del|doc|context)__/i;

function specialIn(text: string): string {
  return SPECIAL_TEXT.exec(text)?.[0] ?? '';
}
