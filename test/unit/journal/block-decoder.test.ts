import { describe, expect, it } from 'vitest';
import { type SampleBatch, toBatch } from '../../../gateway/journal/batch.ts';
import { BlockDecoder, type StoredBlock } from '../../../gateway/journal/blocks/block-decoder.ts';
import { encodeBlock, keyFrameOf } from '../../../gateway/journal/codec/block-codec.ts';
import { sealed } from '../../../gateway/journal/codec/block-seal.ts';
import { sample } from '../../support/forward-fixture.ts';

/** Decimals of ten tags; so many that a block has something to refer to. */
const batchOf = (decimals: number, step: number): SampleBatch =>
  toBatch(
    Array.from({ length: 10 }, (_, tag) =>
      sample(`d.t${tag}`, (1_000 + tag + step) / 10 ** decimals),
    ),
    (id) => Number(id.slice(3)),
  );

function stored(seq: number, batch: SampleBatch, key?: StoredBlock): StoredBlock {
  const seal = `in place ${seq}`;
  const frame = key?.data && keyFrameOf(key.data, key.seal);
  return { seq, seal, key: key?.seq, data: sealed(encodeBlock(batch, frame), seal) };
}

describe('the decoder of stored blocks', () => {
  const key = stored(1, batchOf(2, 0));
  const alone = stored(2, batchOf(1, 5));
  const behind = stored(3, batchOf(2, 1), key);

  it('does not read a key again that it has just decoded', () => {
    const decoder = new BlockDecoder(() => undefined);
    decoder.decode(key);
    expect(decoder.decode(behind)).toEqual(batchOf(2, 1));
  });

  it('reads the key where another block was in between, and none is taken for another', () => {
    const asked: number[] = [];
    const decoder = new BlockDecoder((seq) => {
      asked.push(seq);
      return key;
    });
    for (const block of [key, alone]) decoder.decode(block);
    expect(decoder.decode(behind)).toEqual(batchOf(2, 1));
    expect(decoder.decode(behind)).toEqual(batchOf(2, 1));
    expect(asked).toEqual([1]);
  });

  it('knows its key whatever other decoders have read since', () => {
    const decoder = new BlockDecoder(() => undefined);
    decoder.decode(key);
    new BlockDecoder(() => undefined).decode(alone);
    expect(decoder.decode(behind)).toEqual(batchOf(2, 1));
  });
});
