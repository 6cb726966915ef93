/** Every published and computed frame through the whole command line, in every form it may be pasted in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeVerb } from '../../../gateway/cli/decode/decode.ts';
import { called } from '../../support/command-line.ts';

interface Vector {
  readonly id: string;
  readonly desc: string;
  readonly request: string | null;
  readonly response: string | null;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** A note in an expectation is for people. */
const golden = (name: string): readonly Vector[] =>
  (
    JSON.parse(
      readFileSync(join(import.meta.dirname, `../../golden/${name}-vectors.json`), 'utf8'),
    ) as readonly Vector[]
  ).map((vector) => ({ ...vector, expect: without(vector.expect, ['note']) }));

const without = (fields: Vector['expect'], names: readonly string[]) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
const only = (fields: Vector['expect'], names: readonly string[]) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));

/** The name for `decode`, and the file. */
const PROTOCOLS = [
  ['modbus-rtu', golden('modbus-explained')],
  ['dlt645', golden('dlt645')],
  ['cjt188', golden('cjt188')],
] as const;

/** A continued read: what it means only the exchange before it says. */
const AFTER: Readonly<Record<string, string>> = { D41: 'D40' };

/** What a reply does not say without its request. */
const ONLY_WITH_REQUEST: Readonly<Record<string, readonly string[]>> = {
  // The reply is nothing wrong by itself.
  C25: ['reject'],
  D41: ['values', 'unit'],
  // Which registers they are, and so whose.
  M02: ['temperature', 'humidity'],
  M03: ['temperature', 'humidity'],
  M04: ['N', 'P', 'K'],
  M15: ['value', 'unit'],
  // An echo is one by its request; what was written only the request says.
  M07: ['isEcho'],
  M11: ['float_ABCD'],
};

/** What a request says already. */
const ALREADY_IN_REQUEST: Readonly<Record<string, readonly string[]>> = {
  M10: ['address', 'value'],
  M11: ['float_ABCD'],
  M13: ['formula'],
  D03: ['address', 'di'],
  D22: ['version', 'address', 'di'],
  C02: ['type', 'address', 'di'],
  C03: ['type', 'address', 'di', 'diOrder'],
  C20: ['type', 'address', 'ser'],
  C24: ['di'],
};

async function decoded(protocol: string, texts: readonly string[], input?: string) {
  const { status, stdout, stderr } = await called(
    { decode: decodeVerb },
    ['decode', protocol, ...texts, '--json'],
    input === undefined ? {} : { input },
  );
  expect(stderr).toBe('');
  return { status, fields: JSON.parse(stdout) as Record<string, unknown> };
}

async function expectFields(
  wanted: Vector['expect'],
  protocol: string,
  texts: readonly string[],
  input?: string,
) {
  const { status, fields } = await decoded(protocol, texts, input);
  if ('reject' in wanted) expect({ status, fields }).toEqual({ status: 1, fields: wanted });
  else expect({ status, fields }).toMatchObject({ status: 0, fields: wanted });
}

const joined = (hex: string) => hex.replaceAll(' ', '');
const literals = (hex: string) =>
  hex
    .split(' ')
    .map((byte) => `0x${byte}`)
    .join(', ');

describe.each(PROTOCOLS)('decode %s', (protocol, vectors) => {
  const framesOf = ({ id, request, response }: Vector): readonly string[] => {
    const before = vectors.find((other) => other.id === AFTER[id]);
    return [
      ...(before ? framesOf(before) : []),
      ...[request, response].filter((it) => it !== null),
    ];
  };
  const framed = vectors.filter((vector) => framesOf(vector).length > 0);

  it.each(framed)('$id $desc', async (vector) => {
    const frames = framesOf(vector);
    const wanted = vector.expect;
    await expectFields(wanted, protocol, [frames.join(' ')]);
    await expectFields(wanted, protocol, [frames.map(joined).join('')]);
    await expectFields(wanted, protocol, frames);
    await expectFields(wanted, protocol, frames.join(' ').split(' '));
    await expectFields(wanted, protocol, frames.map(literals));
    const log = frames.map((frame, i) => `12:00:0${i}.5 ${i % 2 ? 'RX <-' : 'TX ->'} ${frame}`);
    await expectFields(wanted, protocol, ['-'], log.join('\n'));
  });

  it.each(framed.filter(({ response }) => response !== null))(
    '$id says as much of the reply alone',
    async ({ id, response, expect: all }) => {
      const names = ONLY_WITH_REQUEST[id] ?? [];
      await expectFields(without(all, names), protocol, [String(response)]);
    },
  );

  it.each(framed.filter(({ id }) => ALREADY_IN_REQUEST[id]))(
    '$id says as much of the request alone',
    async ({ id, request, expect: all }) => {
      await expectFields(only(all, ALREADY_IN_REQUEST[id] ?? []), protocol, [String(request)]);
    },
  );

  it.each(framed)('$id for people, in both languages', async (vector) => {
    for (const language of ['en', 'zh'] as const) {
      const { status, stdout } = await called(
        { decode: decodeVerb },
        ['decode', protocol, ...framesOf(vector)],
        { language },
      );
      expect(status).toBe('reject' in vector.expect ? 1 : 0);
      expect(stdout).toMatch(/^ {3}0 {2}\w\w/);
      if (language === 'zh') expect(stdout).toMatch(/[\u4e00-\u9fff]/);
    }
  });
});
