/**
 * Which blocks are keys, and which are coded against one. Decides for the writer of one journal; what it knows is in
 * memory only, so the first block of a process is a key.
 */
import type { SampleBatch } from '../batch.ts';
import { encodeBlock, keyFrameOf } from '../codec/block-codec.ts';
import { sealed } from '../codec/block-seal.ts';
import type { KeyFrame } from '../codec/key-frame.ts';
import type { BlockClass, Seq } from '../journal.ts';

/** A damaged key costs so many blocks more. */
export const BLOCKS_OF_KEY_MAX = 32;
/** A block is coded against the key where it takes at most this part of the key's bytes a sample. */
const WORTH = 0.8;
/** Blocks that stand alone after a key that nothing was worth coding against; doubles each time. */
const PAUSE_MAX = 64;

/** A block's bytes, to be sealed, and the block without which they cannot be read. */
export interface CodedBlock {
  readonly data: Uint8Array<ArrayBuffer>;
  /** Undefined for a block that stands alone. */
  readonly key: Seq | undefined;
}

interface Key {
  readonly frame: KeyFrame;
  readonly seq: Seq;
  readonly bytesPerSample: number;
  /** That refer to it. */
  blocks: number;
}

/** `code` for each batch, and once its block is durable `stored`: nothing changes for a block that is not stored. */
export class KeyFrames {
  #key: Key | undefined;
  /** The newest key there was: decimals outlive the block they were learnt from. */
  #scales: KeyFrame | undefined;
  #pause = 0;
  #pauseLeft = 0;

  /** The key that the next block may refer to. */
  get seq(): Seq | undefined {
    return this.#key?.seq;
  }

  code(blockClass: BlockClass, batch: SampleBatch): CodedBlock {
    if (!mayRefer(blockClass, batch)) return { data: encodeBlock(batch), key: undefined };
    const key = this.#key;
    if (key && key.blocks < BLOCKS_OF_KEY_MAX) {
      const data = encodeBlock(batch, key.frame);
      if (data.length <= WORTH * key.bytesPerSample * batch.length) return { data, key: key.seq };
    }
    return { data: encodeBlock(batch, undefined, this.#scales), key: undefined };
  }

  /** `place` is the one that the block got. */
  stored(
    blockClass: BlockClass,
    batch: SampleBatch,
    { data, key }: CodedBlock,
    { seq, seal }: { readonly seq: Seq; readonly seal: string },
  ): void {
    if (!mayRefer(blockClass, batch)) return;
    if (key !== undefined) {
      if (this.#key?.seq === key) this.#key.blocks++;
      this.#pause = 0;
      return;
    }
    if (this.#key?.blocks === 0) this.#rest();
    if (this.#pauseLeft-- > 0) return;
    const frame = keyFrameOf(sealed(data, seal), seal);
    this.#key = { frame, seq, bytesPerSample: data.length / batch.length, blocks: 0 };
    this.#scales = frame;
  }

  /** The key is too far back, or not in the journal any more: the next block begins a new one. */
  forget(): void {
    this.#key = undefined;
  }

  /** Nothing was worth coding against the key: a while goes by until the next one. */
  #rest(): void {
    this.#key = undefined;
    this.#pause = Math.min(PAUSE_MAX, this.#pause * 2 + 1);
    this.#pauseLeft = this.#pause;
  }
}

/** Records and alarms are few, and stay longest. */
const mayRefer = (blockClass: BlockClass, batch: SampleBatch): boolean =>
  blockClass === 'telemetry' && batch.length > 0;
