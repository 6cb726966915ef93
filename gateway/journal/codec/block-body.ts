/** The columns of a block of version 2, one after the other. Pure; layout in FORMAT.md. */
import { isSameColumn } from '../../model/columns.ts';
import type { SampleBatch } from '../batch.ts';
import { readBooleans, writeBooleans } from './boolean-column.ts';
import { type ByteReader, ByteWriter } from './byte-stream.ts';
import { readFacts, writeFacts } from './facts-column.ts';
import type { KeyFrame } from './key-frame.ts';
import { readNumbers, writeNumbers } from './number-column.ts';
import { readOthers, writeOthers } from './other-column.ts';
import { readRows, writeRows } from './row-columns.ts';
import { readSteady } from './steady-rows.ts';
import { chainOf, chainOfValues } from './tag-chain.ts';

export function encodeBody(
  batch: SampleBatch,
  key: KeyFrame | undefined,
  scales: KeyFrame | undefined,
): ByteWriter {
  const writer = new ByteWriter();
  writer.varint(batch.length);
  const isSequence = key !== undefined && isSameColumn(batch.tags, key.tags);
  writeRows(writer, batch, key, isSequence);
  const before = chainOf(batch.tags, key, isSequence);
  writeFacts(writer, batch, before, key);
  chainOfValues(before, batch.kinds, key);
  writeBooleans(writer, batch, before, key);
  writeNumbers(writer, batch, before, key, scales);
  writeOthers(writer, batch, before, key);
  return writer;
}

/** `length` is the number of rows, which the reader stands behind. `classes` are those of its numbers, by row. */
export function decodeBody(
  reader: ByteReader,
  length: number,
  key: KeyFrame | undefined,
): { readonly batch: SampleBatch; readonly classes: Uint8Array } {
  const { tags, times, isSequence } = readRows(reader, length, key);
  const steady = isSequence && key?.steady ? readSteady(reader, key.steady) : undefined;
  if (steady) {
    const { classes, ...columns } = steady;
    return { batch: { length, tags, times, ...columns, others: [] }, classes };
  }
  const before = chainOf(tags, key, isSequence);
  const { kinds, qualities, timeBases } = readFacts(reader, before, key);
  chainOfValues(before, kinds, key);
  const numbers = new Float64Array(length);
  readBooleans(reader, numbers, kinds, before, key);
  const classes = readNumbers(reader, numbers, kinds, before, key);
  const others = readOthers(reader, kinds, before, key);
  return { batch: { length, tags, times, kinds, qualities, timeBases, numbers, others }, classes };
}
