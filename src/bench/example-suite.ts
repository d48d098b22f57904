/** A small suite to begin from: a handful of cases for each part, to be replaced by what one's own model is for. */
import type { JsonObject } from '../core/index.ts';

/** File name → document, as `loadSuite` reads them. */
export const EXAMPLE_SUITE: Readonly<Record<string, JsonObject>> = {
  'suite.json': {
    name: 'example',
    description:
      'A handful of cases that show the format. Replace them by questions that your model has to answer.',
    seen_by: [],
  },
  'speed.json': {
    prompts: [
      {
        id: 'explain-tides',
        category: 'factual',
        prompt: 'Explain in a few sentences why the sea rises and falls twice a day.',
        max_tokens: 64,
      },
      {
        id: 'packing-list',
        category: 'instruction',
        prompt: 'Write a packing list for three days of hiking with one night in a tent.',
        max_tokens: 64,
      },
      {
        id: 'shorten-notice',
        category: 'summarising',
        prompt:
          'Say in one sentence: The library closes at six instead of eight from Monday until the end of the month, since the lights of the reading room are being replaced; books can be returned at the side door at any hour.',
        max_tokens: 48,
      },
      {
        id: 'count-vowels',
        category: 'code',
        prompt: 'Write a Python function that counts the vowels of a string.',
        max_tokens: 64,
      },
    ],
  },
  'cove.json': {
    cases: [
      {
        id: 'legs-of-a-spider',
        category: 'facts',
        question: 'How many legs does a spider have?',
        draft: '6',
        draft_is_right: false,
        accepted: ['8', 'eight', '8 legs', 'eight legs'],
      },
      {
        id: 'frozen-water',
        category: 'facts',
        question: 'What is frozen water called?',
        draft: 'Ice',
        draft_is_right: true,
        accepted: ['ice'],
      },
      {
        id: 'minutes-in-two-hours',
        category: 'units',
        question: 'How many minutes are two hours?',
        draft: '120',
        draft_is_right: true,
        accepted: ['120', '120 minutes', '120 min'],
      },
      {
        id: 'nine-times-seven',
        category: 'arithmetic',
        question: 'What is 9 times 7?',
        draft: '56',
        draft_is_right: false,
        accepted: ['63'],
      },
    ],
  },
  'retrieval.json': {
    documents: [
      {
        id: 'kettle',
        text: 'To descale the kettle, boil equal parts of water and vinegar in it and rinse it twice.',
      },
      { id: 'bicycle', text: 'A bicycle chain wants a drop of oil on each link after riding in the rain.' },
      { id: 'basil', text: 'Basil on a window sill is watered from below, whenever the soil feels dry.' },
      { id: 'router', text: 'Hold the small button at the back of the router for ten seconds to reset it.' },
      { id: 'stain', text: 'Red wine leaves a tablecloth if salt is put on the spot before it dries.' },
      {
        id: 'sourdough',
        text: 'Feed the sourdough starter with flour and lukewarm water on the evening before baking.',
      },
    ],
    queries: [
      { id: 'limescale', query: 'How do I get rid of limescale with vinegar?', relevant: ['kettle'] },
      { id: 'squeaks', query: 'What should I do with my bicycle when it rained?', relevant: ['bicycle'] },
      {
        id: 'no-internet',
        query: 'The connection at home is down, how do I reset it?',
        relevant: ['router'],
      },
      { id: 'spilled', query: 'I spilled wine over dinner, is the cloth lost?', relevant: ['stain'] },
      { id: 'watering', query: 'Which of these need water?', relevant: ['basil', 'sourdough'] },
    ],
  },
};
