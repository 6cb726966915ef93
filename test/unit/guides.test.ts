/** The guides name only codes and verbs that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isErrorCode } from '../../gateway/model/errors.ts';

const root = join(import.meta.dirname, '../..');
const guide = (name: string) => readFileSync(join(root, name), 'utf8');
const VERBS = new Set(
  [...guide('gateway/main.ts').matchAll(/^ {2}'?([\w-]+)'?: \{$/gm)].map(([, verb]) => verb),
);

test.each(['docs/at-the-cabinet.md', 'docs/at-the-cabinet.zh-CN.md'])('%s', (name) => {
  const text = guide(name);
  const codes = [...text.matchAll(/`(\w+\.[a-z-]+)`/g)]
    .map(([, code]) => code ?? '')
    .filter((code) => code.startsWith('doctor.'));
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
  const verbs = [...text.matchAll(/^headgate (\w+)/gm)].map(([, verb]) => verb);
  expect(verbs.length).toBeGreaterThan(10);
  expect(verbs.filter((verb) => !VERBS.has(verb))).toEqual([]);
});

test.each(['docs/opcua-security.md', 'docs/opcua-security.zh-CN.md'])('%s', (name) => {
  const text = guide(name);
  const codes = [...text.matchAll(/`((?:opcua|trust)\.[a-z-]+)`/g)].map(([, code]) => code ?? '');
  expect(codes.length).toBeGreaterThan(15);
  expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
  const verbs = [...text.matchAll(/headgate ([a-z]+)/g)].map(([, verb]) => verb);
  expect(verbs.filter((verb) => !VERBS.has(verb))).toEqual([]);
});
