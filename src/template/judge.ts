/** What the findings mean for a job: warnings, one for each class and template, or with `strict` a refusal. */
import { escapeText, type Warning } from '../core/index.ts';
import { TEMPLATE_CLASSES, type TemplateClass } from './classes.ts';
import { TemplateFailure } from './error.ts';
import {
  MAX_ALL_SCANNED_CHARACTERS,
  MAX_SCANNED_CHARACTERS,
  MAX_TEMPLATE_NAME,
  MAX_TEMPLATES,
} from './limits.ts';
import { scanChatTemplate } from './scan.ts';
import type { ChatTemplate, TemplateFinding } from './types.ts';

export interface JudgeTemplatesOptions {
  /** What the templates belong to, for messages. */
  readonly path: string;
  /** Refuses instead of warning. */
  readonly strict?: boolean;
}

/** Throws `TEMPLATE_SUSPICIOUS` with `strict` (at the first finding), `TEMPLATE_LIMIT` always. */
export function judgeChatTemplates(
  templates: readonly ChatTemplate[],
  { path, strict = false }: JudgeTemplatesOptions,
): readonly Warning[] {
  assertWithinLimits(templates, path);
  return templates.flatMap((template) => {
    const findings = scanChatTemplate(template);
    const [first] = findings;
    if (first === undefined) return [];
    if (strict) throw suspicious(template, { first, findings, path });
    return toWarnings(template, findings);
  });
}

/** One for each class, at its first place. */
export function toWarnings({ name }: ChatTemplate, findings: readonly TemplateFinding[]): readonly Warning[] {
  const classes = new Map<TemplateClass, TemplateFinding[]>();
  for (const finding of findings)
    classes.set(finding.class, [...(classes.get(finding.class) ?? []), finding]);
  return [...classes].flatMap(([kind, [first, ...others]]) => {
    if (first === undefined) return [];
    const { code, what } = TEMPLATE_CLASSES[kind];
    const more = others.length === 0 ? '' : ` And ${others.length} more.`;
    const message = `The chat template ${shownName(name)} ${what} (${kind}): line ${first.line} ${first.reason}: ${first.construct}${more}`;
    return [{ code, message }];
  });
}

function suspicious(
  { name }: ChatTemplate,
  found: {
    readonly first: TemplateFinding;
    readonly findings: readonly TemplateFinding[];
    readonly path: string;
  },
): TemplateFailure {
  const { first, findings, path } = found;
  const { what } = TEMPLATE_CLASSES[first.class];
  return new TemplateFailure(
    'TEMPLATE_SUSPICIOUS',
    `The chat template ${shownName(name)} of ${escapeText(path)} ${what}: line ${first.line} ${first.reason}.`,
    {
      details: {
        path,
        expected: 'an ordinary chat template, as --strict demands',
        received: first.construct,
        template: shownName(name),
        class: first.class,
        line: first.line,
        findings: findings.map(({ class: kind, line, reason }) => `${kind}, line ${line}: ${reason}`),
      },
    },
  );
}

/** Throws `TEMPLATE_LIMIT`. `path`: what they belong to. */
export function assertWithinLimits(templates: readonly ChatTemplate[], path: string): void {
  const longest = Math.max(0, ...templates.slice(0, MAX_TEMPLATES).map(({ name }) => name.length));
  const characters = templates.reduce(
    (sum, { text }) => sum + Math.min(text.length, MAX_SCANNED_CHARACTERS),
    0,
  );
  const isSmall = templates.length <= MAX_TEMPLATES && longest <= MAX_TEMPLATE_NAME;
  if (isSmall && characters <= MAX_ALL_SCANNED_CHARACTERS) return;
  throw new TemplateFailure(
    'TEMPLATE_LIMIT',
    `${escapeText(path)} has ${templates.length} chat templates, of more characters or with longer names than any real model.`,
    {
      details: {
        path,
        expected: `at most ${MAX_TEMPLATES} chat templates, of at most ${MAX_ALL_SCANNED_CHARACTERS} characters together, with names of at most ${MAX_TEMPLATE_NAME}`,
        received: `${templates.length}, of ${characters} or more, with names of up to ${longest}`,
      },
    },
  );
}

function shownName(name: string): string {
  return escapeText(name, MAX_TEMPLATE_NAME);
}
