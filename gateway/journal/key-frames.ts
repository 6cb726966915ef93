/**
 * Which blocks are keys, and which are coded against one. Decides for the writer of one journal; what it knows is in
 * memory only, so the first block of a process is a key.
 */
import type { SampleBatch } from './batch.ts';
import { encodeBlock, keyFrameOf } from './block-codec.ts';
import type { BlockClass, Seq } from './journal.ts';
import type { KeyFrame } from './key-frame.ts';

/** A damaged key costs so many blocks more. */
export const BLOCKS_OF_KEY_MAX = 32;
/** A block is coded against the key where it takes at most this part of the key's bytes a sample. */
const WORTH = 0.6;
/** Blocks that stand alone after a key that nothing was worth coding against; doubles each time. */
const PAUSE_MAX = 64;

/** The journal's format promises it to its readers. */
export const KEY_DISTANCE_MAX = 128;

/** A block's bytes, and the block without which they cannot be read. */
export interface CodedBlock {
  readonly seq: Seq;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Undefined for a block that stands alone. */
  readonly key: Seq | undefined;
  /** What is known of a block of telemetry that stands alone. */
  readonly bytesPerSample: number | undefined;
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

  /** `seq` is the one that the block will have. */
  code(blockClass: BlockClass, batch: SampleBatch, seq: Seq): CodedBlock {
    if (blockClass !== 'telemetry' || batch.length === 0)
      return { seq, data: encodeBlock(batch), key: undefined, bytesPerSample: undefined };
    const key = this.#key;
    if (key && key.blocks < BLOCKS_OF_KEY_MAX && seq - key.seq <= KEY_DISTANCE_MAX) {
      const data = encodeBlock(batch, key.frame);
      if (data.length <= WORTH * key.bytesPerSample * batch.length)
        return { seq, data, key: key.seq, bytesPerSample: undefined };
    }
    const data = encodeBlock(batch, undefined, this.#scales);
    return { seq, data, key: undefined, bytesPerSample: data.length / batch.length };
  }

  /** To be called for a block that `code` gave last. */
  stored({ seq, data, key, bytesPerSample }: CodedBlock): void {
    if (key !== undefined) {
      if (this.#key?.seq === key) this.#key.blocks++;
      this.#pause = 0;
    } else if (bytesPerSample !== undefined) {
      if (this.#key?.blocks === 0) this.#rest();
      if (this.#pauseLeft-- > 0) return;
      const frame = keyFrameOf(data);
      this.#key = { frame, seq, bytesPerSample, blocks: 0 };
      this.#scales = frame;
    }
  }

  /** The key is not in the journal any more: the next block begins a new one. */
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
