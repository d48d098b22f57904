/** Renders messages with the chat template of a GGUF. Text of a message stays text: it cannot name a special token. */
import type * as NodeLlamaCpp from 'node-llama-cpp';
import type { ChatHistoryItem, JinjaTemplateChatWrapper, LlamaModel } from 'node-llama-cpp';

import { messageOf } from '../core/index.ts';
import { ChatProblem, type ChatPrompt } from './answer.ts';
import { RequestProblem } from './evaluator.ts';
import type { ChatMessage } from './serving.ts';

type Library = typeof NodeLlamaCpp;
type RenderChat = (messages: readonly ChatMessage[]) => ChatPrompt;

/** The template is looked at when the first chat comes: a model with a bad one can still complete texts. */
export function createChat(library: Library, model: LlamaModel): RenderChat {
  let wrapper: JinjaTemplateChatWrapper | ChatProblem | null = null;
  return (messages) => {
    wrapper ??= openTemplate(library, model);
    if (wrapper instanceof ChatProblem) throw wrapper;
    return render(wrapper, model, messages);
  };
}

function openTemplate(library: Library, model: LlamaModel): JinjaTemplateChatWrapper | ChatProblem {
  const template: unknown = model.fileInfo.metadata.tokenizer?.chat_template;
  if (typeof template !== 'string' || template.trim() === '')
    return new ChatProblem('the model has no chat template');
  try {
    return new library.JinjaTemplateChatWrapper({
      template,
      tokenizer: model.tokenizer,
      // What the operator's template does with two messages of one role is its own affair.
      joinAdjacentMessagesOfTheSameType: false,
      // Tools are not offered.
      functionCallMessageTemplate: 'noJinja',
    });
  } catch (error) {
    return new ChatProblem(`the chat template of the model does not work: ${messageOf(error)}`);
  }
}

function render(
  wrapper: JinjaTemplateChatWrapper,
  model: LlamaModel,
  messages: readonly ChatMessage[],
): ChatPrompt {
  // Up to where the answer goes: an empty message of the assistant marks the place.
  const chatHistory = [...messages.map(toItem), toItem({ role: 'assistant', content: '' })];
  let state: ReturnType<JinjaTemplateChatWrapper['generateContextState']>;
  try {
    state = wrapper.generateContextState({ chatHistory });
  } catch (error) {
    throw new RequestProblem(`the chat template refuses these messages: ${messageOf(error)}`);
  }
  const { bos, shouldPrependBosToken } = model.tokens;
  const tokens = state.contextText.tokenize(model.tokenizer);
  const lacksStart = shouldPrependBosToken && bos !== null && tokens[0] !== bos;
  const ends = state.stopGenerationTriggers.flatMap((trigger) => {
    const [first] = trigger.tokenize(model.tokenizer, 'trimLeadingSpace');
    // Ordinary text after an answer, such as a new line, must not end every answer that holds it.
    return first !== undefined && first !== bos && model.isSpecialToken(first) ? [first] : [];
  });
  return { tokens: lacksStart ? [bos, ...tokens] : tokens, endTokens: new Set(ends) };
}

function toItem({ role, content }: ChatMessage): ChatHistoryItem {
  switch (role) {
    case 'system':
      return { type: 'system', text: content };
    case 'user':
      return { type: 'user', text: content };
    case 'assistant':
      return { type: 'model', response: [content] };
  }
}
