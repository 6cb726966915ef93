/** Blocks that were set aside, once more: the answer to the question `resend`. It survives JSON. */
import type { ForwarderFacts } from '../forward/uplink.ts';

/** Undefined: of all uplinks. */
export interface ResendQuestion {
  readonly uplink?: string | undefined;
}

export interface ResendAnswer {
  /** Those that are meant, with how many blocks are tried again. */
  readonly uplinks: readonly { readonly uplink: string; readonly blocks: number }[];
  /** All there are. */
  readonly known: readonly string[];
}

export interface AsideNorth {
  stats(): Promise<{
    readonly uplinks: readonly Pick<ForwarderFacts, 'uplink' | 'refusedBlocks' | 'aside'>[];
  }>;
  sendAside(uplink: string): void;
}

export async function answerResend(about: unknown, north: AsideNorth): Promise<ResendAnswer> {
  const { uplink: wanted } = (about ?? {}) as ResendQuestion;
  const { uplinks } = await north.stats();
  const able = uplinks.filter(({ aside }) => aside !== undefined);
  const meant = able.filter(({ uplink }) => wanted === undefined || uplink === wanted);
  for (const { uplink } of meant) north.sendAside(uplink);
  return {
    uplinks: meant.map(({ uplink, refusedBlocks: blocks }) => ({ uplink, blocks })),
    known: able.map(({ uplink }) => uplink),
  };
}
