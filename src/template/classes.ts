/** The classes of findings, each with the permanent code of its warning. */

export const TEMPLATE_CLASSES = {
  'code-execution': { code: 'TEMPLATE_CODE_EXECUTION', what: 'reaches for code outside of the template' },
  include: { code: 'TEMPLATE_INCLUDE', what: 'brings in another file' },
  trigger: {
    code: 'TEMPLATE_TRIGGER',
    what: 'treats some conversations differently by what is said in them',
  },
  'hidden-text': { code: 'TEMPLATE_HIDDEN_TEXT', what: 'holds text that a person does not see as it is' },
  'remote-address': { code: 'TEMPLATE_REMOTE_ADDRESS', what: 'puts an address or a script into the prompt' },
  size: { code: 'TEMPLATE_SIZE', what: 'is larger, or makes more, than any chat needs' },
  unreadable: {
    code: 'TEMPLATE_UNREADABLE',
    what: 'breaks the grammar, so that readers may disagree about it',
  },
} as const satisfies Readonly<Record<string, { readonly code: string; readonly what: string }>>;

export type TemplateClass = keyof typeof TEMPLATE_CLASSES;
