/** `template`: chat templates, read as Jinja and never run: what must not be in one. Pure. */
export { TEMPLATE_CLASSES, type TemplateClass } from './classes.ts';
export { TEMPLATE_FAILURES, TemplateFailure, type TemplateCode } from './error.ts';
export {
  assertWithinLimits as assertTemplatesWithinLimits,
  judgeChatTemplates,
  toWarnings,
  type JudgeTemplatesOptions,
} from './judge.ts';
export { scanChatTemplate } from './scan.ts';
export type { ChatTemplate, TemplateFinding } from './types.ts';
