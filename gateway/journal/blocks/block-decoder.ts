/** The samples of stored blocks: finds the key that a block needs and keeps the last one, as neighbours share it. */
import type { SampleBatch } from '../batch.ts';
import { decodeBlock, keyFrameOf } from '../codec/block-codec.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { KeyFrame } from '../codec/key-frame.ts';

export interface StoredBlock {
  readonly data: Uint8Array | undefined;
  /** The seq of the block that `data` refers to. */
  readonly key: number | undefined;
}

export class BlockDecoder {
  readonly #dataOf: (seq: number) => Uint8Array | undefined;
  #last: { readonly seq: number; readonly frame: KeyFrame } | undefined;

  /** `dataOf` finds the data of a block; undefined where there is none. */
  constructor(dataOf: (seq: number) => Uint8Array | undefined) {
    this.#dataOf = dataOf;
  }

  /** Throws MalformedBlock, also where the key cannot be read. */
  readonly decode = ({ data, key }: StoredBlock): SampleBatch => {
    if (data === undefined) throw new MalformedBlock('no data');
    return decodeBlock(data, key === undefined ? undefined : this.#frameOf(key));
  };

  #frameOf(seq: number): KeyFrame {
    if (this.#last?.seq === seq) return this.#last.frame;
    const data = this.#dataOf(seq);
    if (data === undefined) throw new MalformedBlock(`its key ${seq} is missing`);
    const frame = keyFrameOf(data);
    this.#last = { seq, frame };
    return frame;
  }
}
