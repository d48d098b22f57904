/**
 * The swap of a deployment, state by state: one link for another, or, in an adoption, a link for what stood there before.
 * The steps of a deployment call it and need not know which.
 */
import type { JsonObject } from '../core/index.ts';
import { loadFileCalls } from '../system/index.ts';
import { assertLinkIs, pointAt, pointBack, rehearseSwap } from './activate.ts';
import {
  assertStillThere,
  exchangeFolder,
  giveBack,
  linkWhereNothingIs,
  moveFolderAside,
  rehearseExchange,
  replaceForeignLink,
  type Exchange,
} from './adopt.ts';
import { toAdoptionJson, type Adoption, type ForeignThing } from './adoption.ts';
import type { DeployContext } from './context.ts';
import { takeInventory } from './inventory.ts';
import { adoptedIdOf, releasePath, type TargetLayout } from './layout.ts';
import type { OptionalState, State } from './machine.ts';
import type { AdoptedReport } from './types.ts';

export interface Swap {
  /** What is live before, by the name that it is known by afterwards; null on a first deployment. */
  readonly from: string | null;
  /** What becomes a release as it is; null where nothing does. */
  readonly adoption: Adoption | null;
  /** In `planned`: where what comes later is impossible, nothing has been touched. */
  rehearse(): Promise<void>;
  /** In `load-tested`: what stands there must be what was planned. Throws `TARGET_MOVED`. */
  assertUnmoved(): Promise<void>;
  /** In `setting-aside`, which is entered only where {@link Swap.through} names it. */
  setAside(): Promise<void>;
  activate(): Promise<void>;
  /** Known once it was rehearsed. */
  through(): readonly OptionalState[];
  /** How what stood there is taken over; null where nothing is. */
  method(): AdoptionMethod | null;
  /** What the line of a state says of it. */
  factsAt(state: State): JsonObject;
}

type AdoptionMethod = AdoptedReport['method'];

/** A link of ours, or none, for another. */
export function linkSwap(layout: TargetLayout, { from, to }: SwapEnds): Swap {
  return {
    from,
    adoption: null,
    rehearse: () => rehearseSwap(layout),
    assertUnmoved: () => assertLinkIs(layout, from),
    setAside: () => Promise.reject(new Error('Nothing is to be set aside.')),
    activate: () => pointAt(layout, to),
    through: () => [],
    method: () => null,
    factsAt: () => ({}),
  };
}

interface SwapEnds {
  readonly from: string | null;
  readonly to: string;
}

/** A link of ours for somebody else's folder or link, which becomes the previous release. */
export function adoptingSwap(
  { layout, exchange: given }: Pick<DeployContext, 'layout' | 'exchange'>,
  { thing, to }: { readonly thing: ForeignThing; readonly to: string },
): Swap {
  const from = adoptedIdOf(to);
  let adoption: Adoption = { releaseId: from, thing, inventory: null };
  let exchange: Exchange | null = null;
  const method = (): AdoptionMethod =>
    thing.kind === 'link' ? 'relinked' : exchange === null ? 'two-steps' : 'exchange';
  return {
    from,
    get adoption() {
      return adoption;
    },
    rehearse: async () => {
      await rehearseSwap(layout);
      const can = await loadExchange(given);
      if (await rehearseExchange(layout, adoption, can)) exchange = can;
    },
    assertUnmoved: async () => {
      await assertStillThere(layout, thing);
      adoption = { ...adoption, inventory: await takeInventory(layout.targetPath) };
    },
    setAside: () => moveFolderAside(layout, adoption),
    activate: () => {
      if (thing.kind === 'link')
        return replaceForeignLink(layout, { releaseId: from, text: thing.linkText, to });
      return exchange === null
        ? linkWhereNothingIs(layout, to)
        : exchangeFolder(layout, { adoption, to }, exchange);
    },
    through: () => (method() === 'two-steps' ? ['setting-aside'] : []),
    method,
    factsAt: (state) => {
      // The files are only known in the second; whoever settles a crash looks for the newest.
      const isTold = state === 'planned' || state === 'setting-aside' || state === 'activating';
      return isTold ? { adopts: toAdoptionJson(adoption) } : {};
    },
  };
}

/** The swap back. Throws `TARGET_MOVED`, `SYSTEM_*`. */
export async function swapBack(
  { layout, exchange }: Pick<DeployContext, 'layout' | 'exchange'>,
  { from, to, adoption }: SwapEnds & { readonly adoption: Adoption | null },
): Promise<void> {
  if (adoption === null) await pointBack(layout, from, to);
  else await giveBack(layout, { adoption, to }, await loadExchange(exchange));
}

/** Where a release is found once the target was put back: an adopted folder stands at the target again. */
export function placeAfterwards(layout: TargetLayout, from: string, adoption: Adoption | null): string {
  return adoption === null ? releasePath(layout, from) : layout.targetPath;
}

async function loadExchange(given: DeployContext['exchange']): Promise<Exchange | null> {
  if (given !== undefined) return given;
  return (await loadFileCalls())?.exchange ?? null;
}
