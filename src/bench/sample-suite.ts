/** A suite with fewer cases of each part: what is asked where a budget does not hold all. */
import { sampleEvenly } from './sample-evenly.ts';
import type { SampledCases, Suite } from './suite.ts';

/**
 * All documents stay, since a query that is asked among fewer is an easier one. Name, digest and all else stay too: which cases
 * were asked stands beside the digest in a run.
 */
export function sampleSuite(suite: Suite, { speed, cove, retrieval }: SampledCases): Suite {
  return {
    ...suite,
    speed: sampleEvenly(suite.speed, speed, { groupOf: ({ category }) => category }),
    cove: sampleEvenly(suite.cove, cove, {
      // By right and wrong first: a model that always says the same must not pass more than half.
      groupOf: ({ category, draftIsRight }) => `${String(draftIsRight)} ${category}`,
    }),
    retrieval: {
      documents: suite.retrieval.documents,
      queries: sampleEvenly(suite.retrieval.queries, retrieval),
    },
  };
}
