import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderFaults } from '../../../tools/faults-reference.ts';
import { ATTACKS } from '../../torture/attacks.ts';
import { type FaultRecord, readRecords } from '../../torture/fault-record.ts';
import { lengthText, progressText } from '../../torture/progress-line.ts';

const broken: FaultRecord = {
  attack: 'kill',
  title: 'kill -9',
  limits: '',
  seed: 7,
  count: 1000,
  seconds: 3_725,
  date: '2026-01-01',
  version: '1.0.0',
  commit: 'abc',
  node: '24.0.0',
  sqlite: '3.0.0',
  machine: { cores: 2, cpu: 'cpu', kernel: '6', filesystem: 'ext4' },
  report: {
    counts: { kills: 1000 },
    laws: [
      { promise: 'a|b', found: '1 of 2', goal: '0', holds: false },
      { promise: 'c', found: '0', goal: '0', holds: true },
    ],
    failures: ['seq 5 is gone'],
  },
};

describe('docs/FAULTS.md', () => {
  it('is up to date (npm run generate)', () => {
    const written = readFileSync(join(import.meta.dirname, '../../../docs/FAULTS.md'), 'utf8');
    expect(written).toBe(renderFaults(readRecords()));
  });

  it('tells a law that does not hold, and how to see it again', () => {
    const text = renderFaults([broken]);
    expect(text).toContain('**1 of 2 did not hold**');
    expect(text).toContain('| a\\|b | 0 | 1 of 2 | **no** |');
    expect(text).toContain('npm run torture -- --only kill --seed 7 --count 1000');
    expect(text).toContain('- seq 5 is gone');
    expect(text).toContain('1 h 2 min');
  });

  it('has records of attacks that exist', () => {
    const names = new Set(ATTACKS.map(({ name }) => name));
    expect(readRecords().filter(({ attack }) => !names.has(attack))).toEqual([]);
  });
});

describe('the attacks', () => {
  it('have names of their own, and more to do by hand than in the suite', () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    for (const { name, few, many } of ATTACKS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(few).toBeLessThanOrEqual(many);
    }
  });
});

describe('progress', () => {
  it('says how far it is, how fast, and how long it takes', () => {
    expect(progressText(250, 1000, 50)).toBe(
      '[######                  ] 250/1,000  5/s  2 min 30 s left',
    );
    expect(progressText(0, 1000, 3)).toBe(`[${' '.repeat(24)}] 0/1,000  0/s  3 s so far`);
    expect(lengthText(59.6)).toBe('1 min 0 s');
  });
});
