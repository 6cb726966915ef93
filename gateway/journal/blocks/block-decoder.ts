/** The samples of stored blocks: finds the key that a block needs and keeps the last one, as neighbours share it. */
import type { SampleBatch } from '../batch.ts';
import { type AloneBlock, decodeAlone, decodeBlock, keyFrameOf } from '../codec/block-codec.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { KeyFrame } from '../codec/key-frame.ts';

export interface StoredData {
  readonly data: Uint8Array | undefined;
  /** Of the row it stands in. */
  readonly seal: string;
}

export interface StoredBlock extends StoredData {
  readonly seq: number;
  /** The seq of the block that `data` refers to. */
  readonly key: number | undefined;
}

export class BlockDecoder {
  readonly #rowOf: (seq: number) => StoredData | undefined;
  #last: { readonly seq: number; readonly frame: KeyFrame } | undefined;
  /** The last that stood alone: those behind it may refer to it. */
  #alone: { readonly seq: number; readonly block: AloneBlock } | undefined;

  /** `rowOf` finds a block; undefined where there is none. */
  constructor(rowOf: (seq: number) => StoredData | undefined) {
    this.#rowOf = rowOf;
  }

  /** Throws MalformedBlock, also where the key cannot be read. */
  readonly decode = ({ seq, data, seal, key }: StoredBlock): SampleBatch => {
    if (data === undefined) throw new MalformedBlock('no data');
    if (key !== undefined) return decodeBlock(data, seal, this.#frameOf(key));
    const block = decodeAlone(data, seal);
    this.#alone = { seq, block };
    return block.batch;
  };

  #frameOf(seq: number): KeyFrame {
    if (this.#last?.seq === seq) return this.#last.frame;
    const frame = this.#alone?.seq === seq ? this.#alone.block.frame() : this.#readFrame(seq);
    this.#alone = undefined;
    this.#last = { seq, frame };
    return frame;
  }

  #readFrame(seq: number): KeyFrame {
    const row = this.#rowOf(seq);
    if (row?.data === undefined) throw new MalformedBlock(`its key ${seq} is missing`);
    return keyFrameOf(row.data, row.seal);
  }
}
