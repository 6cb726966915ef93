import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { influxFormat } from '../../../gateway/forward/formats/influx.ts';
import { perTagFormat } from '../../../gateway/forward/formats/per-tag.ts';
import {
  type BlockFacts,
  MESSAGE_LIMIT,
  type Reading,
  readingsOf,
} from '../../../gateway/forward/formats/reading.ts';
import { templateFormat } from '../../../gateway/forward/formats/template.ts';
import { thingsboardFormat } from '../../../gateway/forward/formats/thingsboard.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { templateProblem } from '../../../gateway/model/message-template.ts';
import { blockOf, sample, T0, tag } from '../../support/forward-fixture.ts';
import { readLines } from '../../support/influx-line.ts';

const FACTS: BlockFacts = { gateway: 'weihai-3', seq: seqOf(7), class: 'telemetry', hist: false };

/** A press with a temperature of one decimal, a meter with a long counter, text and a bad value. */
const TAGS = new Map([tag('press.oil_temp', 1), tag('em.energy')].map((each) => [each.id, each]));
const READINGS = readingsOf(
  blockOf([
    sample('press.oil_temp', 74.16),
    sample('press.pump', true),
    sample('em.energy', 9_007_199_254_740_993n),
    sample('press.oil_temp', 74.2, { time: T0 + 1000, quality: 'uncertain:range' }),
    sample('press.state', '运行 "A", \\ =', { time: T0 + 1000 }),
    sample('em.heat', { unscaled: -1_234_567_890_123_456_789n, decimals: 3 }),
    sample('em.power', null, { quality: 'bad:comm' }),
    sample('em.ratio', Number.NaN),
  ]),
  (id) => TAGS.get(id),
);

describe('ThingsBoard', () => {
  it('takes a list of times and values for each device', () => {
    const messages = thingsboardFormat(FACTS, READINGS);
    expect(messages.map(({ text }) => JSON.parse(text))).toEqual([
      {
        press: [
          { ts: T0, values: { oil_temp: 74.2, pump: true } },
          {
            ts: T0 + 1000,
            values: {
              oil_temp: 74.2,
              oil_temp_quality: 'uncertain:range',
              state: '运行 "A", \\ =',
            },
          },
        ],
      },
      {
        em: [
          {
            ts: T0,
            values: {
              energy: expect.any(Number),
              heat: expect.any(Number),
              power_quality: 'bad:comm',
              ratio_quality: 'bad:device',
            },
          },
        ],
      },
    ]);
    expect(messages[1]?.text).toContain('"energy":9007199254740993,"heat":-1234567890123456.789');
  });

  it('takes a large block in several messages below the limit', () => {
    const many = Array.from({ length: 5_000 }, (_, index): Reading => {
      const common = { device: 'press', quantity: 'x', unit: undefined, quality: 'good' } as const;
      return { ...common, time: T0 + index, value: index };
    });
    const messages = thingsboardFormat(FACTS, many);
    expect(messages.length).toBeGreaterThan(1);
    expect(Math.max(...messages.map(({ text }) => text.length))).toBeLessThan(MESSAGE_LIMIT + 200);
    const times = messages.flatMap(({ text }) => JSON.parse(text).press as { ts: number }[]);
    expect(times.map(({ ts }) => ts - T0)).toEqual(many.map((_, index) => index));
  });
});

describe('InfluxDB line protocol', () => {
  it('has a line for each device and time', () => {
    const [message] = influxFormat(FACTS, READINGS);
    const points = readLines(message?.text ?? '');
    expect(points.map(({ tags }) => Object.fromEntries(tags))).toEqual([
      { device: 'press', gateway: 'weihai-3' },
      { device: 'em', gateway: 'weihai-3' },
      { device: 'press', gateway: 'weihai-3' },
    ]);
    expect(points[0]?.time).toBe(BigInt(T0) * 1_000_000n);
    expect(points.map(({ fields }) => Object.fromEntries(fields))).toEqual([
      { oil_temp: 74.2, pump: true },
      {
        energy: 9_007_199_254_740_992,
        energy_text: '9007199254740993',
        heat: -1_234_567_890_123_456.8,
        heat_text: '-1234567890123456.789',
        power_quality: 'bad:comm',
        ratio_quality: 'bad:device',
      },
      { oil_temp: 74.2, oil_temp_quality: 'uncertain:range', state: '运行 "A", \\ =' },
    ]);
  });

  it('is read back as it was, whatever names and texts hold', () => {
    const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !/["\r\n]/.test(text));
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.string().filter((text) => !/[\r\n]/.test(text)),
    );
    fc.assert(
      fc.property(name, name, name, value, (gateway, device, quantity, written) => {
        const common = { device, quantity, unit: undefined, quality: 'good' } as const;
        const [message] = influxFormat({ ...FACTS, gateway }, [
          { ...common, time: T0, value: written },
        ]);
        const [point] = readLines(message?.text ?? '');
        expect(Object.fromEntries(point?.tags ?? [])).toEqual({ device, gateway });
        expect([...(point?.fields ?? [])]).toEqual([[quantity, written === 0 ? 0 : written]]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a message for each tag', () => {
  it('has time, value and quality', () => {
    const messages = perTagFormat({ ...FACTS, hist: true }, READINGS);
    expect(messages).toHaveLength(READINGS.length);
    expect(messages[0]).toEqual({
      device: 'press',
      quantity: 'oil_temp',
      text: `{"time":${T0},"value":74.2,"quality":"good","hist":true}`,
    });
    expect(messages[6]?.text).toBe(`{"time":${T0},"value":null,"quality":"bad:comm","hist":true}`);
    expect(perTagFormat(FACTS, READINGS)[1]?.text).not.toContain('hist');
  });
});

describe('a template', () => {
  it('is filled for each sample, values with their type', () => {
    const template = {
      dev: '{device}',
      'm_{tag}': '{value}',
      meta: [{ q: '{quality}', at: '{time_iso}', unit: '{unit}', hist: '{hist}' }],
      text: '{gateway}/{device} = {value} #{seq}',
      fixed: 1,
    };
    expect(templateProblem(template)).toBeUndefined();
    const [first] = templateFormat(template)(FACTS, READINGS);
    expect(first?.quantity).toBe('oil_temp');
    expect(JSON.parse(first?.text ?? '')).toEqual({
      dev: 'press',
      m_oil_temp: 74.2,
      meta: [{ q: 'good', at: new Date(T0).toISOString(), unit: null, hist: false }],
      text: 'weihai-3/press = 74.2 #7',
      fixed: 1,
    });
  });

  it('with {values} is filled for each device and time', () => {
    const template = { id: '{device}', ts: '{time}', data: '{values}' };
    const messages = templateFormat(template)(FACTS, READINGS);
    expect(messages.map(({ text }) => JSON.parse(text).id)).toEqual(['press', 'em', 'press']);
    expect(messages[0]?.text).toBe(
      `{"id":"press","ts":${T0},"data":{"oil_temp":74.2,"pump":true}}`,
    );
  });

  it('is refused where it asks for what there is not', () => {
    expect(templateProblem({ a: '{vale}' })).toEqual({ kind: 'unknown', placeholder: 'vale' });
    expect(templateProblem({ '{x}': 1 })).toEqual({ kind: 'unknown', placeholder: 'x' });
    expect(templateProblem('v: {values}')).toEqual({ kind: 'values', placeholder: 'values' });
    expect(templateProblem(['{values}', '{tag}'])).toEqual({ kind: 'values', placeholder: 'tag' });
  });
});
