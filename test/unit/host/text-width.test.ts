import { expect, it } from 'vitest';
import { cutTo, padTo, widthOf } from '../../../gateway/host/text-width.ts';

it('counts two columns for Chinese characters and full-width signs', () => {
  expect(widthOf('oil 油温（°C）')).toBe(14);
});

it.each([
  ['press.oil_temp', 20, 'press.oil_temp'],
  ['press.oil_temp', 8, 'press.o…'],
  ['油温油温', 8, '油温油温'],
  ['油温油温', 7, '油温油…'],
  ['油温油温', 6, '油温…'],
  ['油', 1, '…'],
  ['油', 0, ''],
])('cuts %s to %i columns', (text, most, cut) => {
  expect(cutTo(text, most)).toBe(cut);
});

it('pads by columns, not by characters', () => {
  expect(padTo('油温', 6)).toBe('油温  ');
  expect(padTo('too long', 3)).toBe('too long');
});
