/** The samples of stored blocks: finds the key that a block needs and keeps the last one, as neighbours share it. */
import type { SampleBatch } from '../batch.ts';
import { decodeBlock, keyFrameOf } from '../codec/block-codec.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { KeyFrame } from '../codec/key-frame.ts';

export interface StoredData {
  readonly data: Uint8Array | undefined;
  /** Of the row it stands in. */
  readonly seal: string;
}

export interface StoredBlock extends StoredData {
  /** The seq of the block that `data` refers to. */
  readonly key: number | undefined;
}

export class BlockDecoder {
  readonly #rowOf: (seq: number) => StoredData | undefined;
  #last: { readonly seq: number; readonly frame: KeyFrame } | undefined;

  /** `rowOf` finds a block; undefined where there is none. */
  constructor(rowOf: (seq: number) => StoredData | undefined) {
    this.#rowOf = rowOf;
  }

  /** Throws MalformedBlock, also where the key cannot be read. */
  readonly decode = ({ data, seal, key }: StoredBlock): SampleBatch => {
    if (data === undefined) throw new MalformedBlock('no data');
    return decodeBlock(data, seal, key === undefined ? undefined : this.#frameOf(key));
  };

  #frameOf(seq: number): KeyFrame {
    if (this.#last?.seq === seq) return this.#last.frame;
    const row = this.#rowOf(seq);
    if (row?.data === undefined) throw new MalformedBlock(`its key ${seq} is missing`);
    const frame = keyFrameOf(row.data, row.seal);
    this.#last = { seq, frame };
    return frame;
  }
}
