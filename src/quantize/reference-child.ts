/** Runs in the contained process: cuts texts with a tokenizer of Hugging Face, whose regular expressions and sizes are a stranger's. */
import process from 'node:process';
import { Tokenizer } from '@huggingface/tokenizers';
import { isJsonObject, messageOf, type JsonObject } from '../core/index.ts';
import {
  AROUND,
  type ReferenceMessage,
  type ReferenceOrder,
  type ReferenceTokens,
} from './reference-protocol.ts';

process.once('message', (order: ReferenceOrder) => {
  // A long answer is on its way for a while.
  process.send?.(answer(order), () => process.disconnect());
});

function answer(order: ReferenceOrder): ReferenceMessage {
  try {
    return { kind: 'tokens', value: tokenize(order) };
  } catch (error) {
    return { kind: 'unusable', reason: messageOf(error) };
  }
}

function tokenize({ definition, strings }: ReferenceOrder): ReferenceTokens {
  const whole = new Tokenizer(definition, {});
  const encode = (tokenizer: Tokenizer, text: string): number[] =>
    tokenizer.encode(text, { add_special_tokens: false }).ids;
  const withSpecial = strings.withSpecial.map((text) => encode(whole, text));
  const around = whole.encode(AROUND, { add_special_tokens: true }).ids;
  const blind = new Tokenizer(withoutSpecial(definition), {});
  return { withSpecial, around, asText: strings.asText.map((text) => encode(blind, text)) };
}

/** What a tokenizer does that takes the text of special tokens for text (`split_special_tokens` of transformers). */
function withoutSpecial(definition: JsonObject): JsonObject {
  const added = definition['added_tokens'];
  if (!Array.isArray(added)) return definition;
  return {
    ...definition,
    added_tokens: added.filter((token) => !isJsonObject(token) || token['special'] !== true),
  };
}
