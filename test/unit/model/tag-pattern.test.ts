import { describe, expect, it } from 'vitest';
import { matchesTag } from '../../../gateway/model/tag-pattern.ts';

describe('a pattern of tags', () => {
  it.each([
    ['press.oil_temp', 'press.oil_temp', true],
    ['press.oil_temp', 'press.oil_temp_2', false],
    ['press.*', 'press.oil_temp', true],
    ['press.*', 'express.oil_temp', false],
    ['hall1.*', 'hall1.press.oil_temp', true],
    ['*.energy', 'em_1203.energy', true],
    ['*.energy', 'em_1203.energy_total', false],
    ['*', 'press.oil_temp', true],
    ['em_*.*power', 'em_7.active_power', true],
    ['em_*.*power', 'em_7.power_factor', false],
    ['a*a', 'a', false],
    ['ab*b*b', 'abbb', true],
    ['ab*b*b', 'abb', false],
  ])('%s: %s is %s', (pattern, id, is) => {
    expect(matchesTag(pattern, id)).toBe(is);
  });

  it('is judged in no time, however many stars it has', () => {
    const began = performance.now();
    expect(matchesTag(`${'a*'.repeat(60)}b`, 'a'.repeat(120))).toBe(false);
    expect(performance.now() - began).toBeLessThan(100);
  });
});
