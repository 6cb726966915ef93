import { expect, test } from 'vitest';
import { SilenceCheck } from '../../../drivers/opcua/silence.ts';
import { type Sample, tagId, type Value } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const sample = (value: Value): Sample => ({
  tag: tagId('plc', 'a'),
  value,
  quality: 'good',
  time: utcMs(0),
  timeBasis: 'source',
});

test('what was published is not missed', () => {
  const check = new SilenceCheck();
  check.published(1, sample(5));
  check.read(1, sample(5));
  expect(check.isWaiting).toBe(false);
  check.read(1, sample(6));
  check.published(1, sample(6));
  expect(check.isWaiting).toBe(false);
});

test('a change that is read twice and never published is silence', () => {
  const check = new SilenceCheck();
  check.published(1, sample(5));
  check.read(1, sample(6));
  expect(check.isWaiting).toBe(true);
  expect(check.isSilent()).toBe(false);
  check.read(1, sample(7));
  expect(check.isSilent()).toBe(true);
});

test('a value that was there for a moment is no silence', () => {
  const check = new SilenceCheck();
  check.published(1, sample(5));
  check.read(1, sample(6));
  expect(check.isSilent()).toBe(false);
  check.read(1, sample(5));
  expect(check.isSilent()).toBe(false);
  check.read(1, sample(6));
  expect(check.isSilent()).toBe(false);
});

test('what was never published cannot have changed', () => {
  const check = new SilenceCheck();
  check.read(1, sample(6));
  expect(check.isWaiting).toBe(false);
});
