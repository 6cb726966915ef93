import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  type ErrorCode,
  type ErrorText,
  GatewayError,
  reasonOf,
} from '../../../gateway/model/errors.ts';
import { renderErrors } from '../../../tools/errors-reference.ts';

const entries: readonly (readonly [string, ErrorText])[] = Object.entries(CATALOGUE);
const holes = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

describe('the error catalogue', () => {
  it.each(entries)('%s says the same in both languages', (code, { message, hint }) => {
    expect(code).toMatch(/^[a-z][a-z0-9]*\.[a-z0-9-]+$/);
    expect(message.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(hint.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(new Set(holes(message.zh))).toEqual(new Set(holes(message.en)));
  });

  it('is documented, up to date, in docs/ERRORS.md (npm run generate)', () => {
    const written = readFileSync(join(import.meta.dirname, '../../../docs/ERRORS.md'), 'utf8');
    expect(written).toBe(renderErrors());
  });
});

describe('a gateway error', () => {
  const error = new GatewayError('line.unreachable', {
    resource: 'tcp:10.0.0.5:502',
    reason: 'no route',
  });

  it('says what and where, with its code, in the reader’s language', () => {
    expect(error.message).toBe('cannot open tcp:10.0.0.5:502: no route [line.unreachable]');
    expect(error.describe('zh')).toContain('无法打开 tcp:10.0.0.5:502');
    expect(error.kind).toBe('transient');
  });

  it('leaves a hole visible rather than printing undefined', () => {
    expect(new GatewayError('line.unreachable' satisfies ErrorCode).message).toContain(
      '{resource}',
    );
  });

  it('tells its whole story in one line', () => {
    expect(reasonOf(new Error('outer', { cause: new Error('inner') }))).toBe('outer: inner');
    expect(reasonOf('just text')).toBe('just text');
  });
});

describe('a detail with words of its own in Chinese', () => {
  it('is said in the language of whoever reads', () => {
    const details = { rule: 'r', test: 't', difference: 'late', differenceZh: '迟了' };
    const error = new GatewayError('rules.test-failed', details);
    expect(error.describe('en')).toContain('test "t": late');
    expect(error.describe('zh')).toContain('迟了');
    expect(error.message).toContain('late');
  });
});
