/**
 * Frames of real devices and of their manuals, read and written through the whole driver and explained by
 * `decode`. Origins stand with the vectors.
 */
import { describe, expect, test } from 'vitest';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import { modbusDriver } from '../../drivers/modbus/driver.ts';
import {
  modbusAsciiExplainer,
  modbusRtuExplainer,
  modbusTcpExplainer,
} from '../../drivers/modbus/explain.ts';
import type { Fields } from '../../drivers/modbus/explain-fields.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { millis } from '../../gateway/model/units.ts';
import { modbusDevice, request, WIRE_ACCESS } from '../support/modbus-fixture.ts';
import { scriptedLine } from '../support/scripted-line.ts';
import written from './modbus-vectors.json' with { type: 'json' };

interface Vector {
  readonly id: string;
  readonly desc: string;
  readonly request: string | null;
  readonly response: string | null;
  /** Fields of `decode`; those of a device come from its profile. */
  readonly expect: Readonly<Record<string, unknown>>;
  readonly tags?: readonly { readonly address: string; readonly value: unknown }[];
}
const vectors: readonly Vector[] = written;
const bytes = (hex: string | null) => Buffer.from((hex ?? '').replaceAll(' ', ''), 'hex');
const never = new AbortController().signal;

const READS = new Set([1, 2, 3, 4]);
const reads = vectors.filter(({ response }) => READS.has(bytes(response).at(1) ?? 0));
const echoes = vectors.filter(({ expect: { isEcho } }) => isEcho);

function session(unit: number) {
  const clock = virtualClock();
  const line = scriptedLine(clock, serialTiming({ baud: 9600, format: '8N1' }));
  const device = modbusDevice({ unit });
  const io = { ...WIRE_ACCESS, clock, log: silentLog, line };
  return { clock, line, device, session: modbusDriver.open(device, io) };
}

describe('through the driver', () => {
  test.each(reads.filter((vector) => !echoes.includes(vector)))('$id $desc', async (vector) => {
    const { tags = [] } = vector;
    const reply = bytes(vector.response);
    const { line, device, session: own } = session(reply.readUInt8(0));
    const [group, ...others] = modbusDriver.plan(
      device,
      tags.map(({ value: _, ...tag }, i) => request(tag, i)),
      WIRE_ACCESS,
    );
    if (!group || others.length > 0) throw new Error('one read expected');
    const reading = own.read(group, never);
    expect(line.written).toEqual([bytes(vector.request)]);
    line.arrive(reply);
    const { samples } = await reading;
    expect(samples.map(({ value }) => value)).toEqual(tags.map(({ value }) => value));
  });

  test.each(echoes)('$id $desc', async ({ request: sent, response }) => {
    const { clock, line, device, session: own } = session(1);
    const tag = request(`holding:${bytes(sent).readUInt16BE(2)} uint32`);
    const [group] = modbusDriver.plan(device, [tag], WIRE_ACCESS);
    if (!group) throw new Error('one read expected');
    const reading = own.read(group, never);
    line.arrive(bytes(response));
    await clock.advance(millis(2_000));
    expect(await reading).toMatchObject({ outcome: 'silent' });
  });

  test.each([
    ['M10', 'holding:8192', 1],
    ['M11', 'holding:16 float32', 12.5],
  ])('%s is what a write of %s sends', async (id, address, value) => {
    const vector = vectors.find((one) => one.id === id);
    const { line, session: own } = session(1);
    const { tag, address: place } = request(address);
    const echo = own.read(
      modbusDriver.plan(modbusDevice(), [request('holding:0')], WIRE_ACCESS)[0] ??
        expect.fail('no group'),
      never,
    );
    line.arrive(bytes('01 03 02 00 00 B8 44'));
    await echo;
    const outcome = own.write?.({ tag, address: place, value }, never);
    expect(line.written.at(-1)).toEqual(bytes(vector?.request ?? null));
    line.arrive(bytes(vector?.response ?? null));
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });
});

/** What the device's own profile says, and which way a frame goes, no frame says by itself. */
const OF_PROFILES = new Set(['M02', 'M03', 'M04']);
const ownFields = ({ id, expect: { value, unit, ...fields } }: Vector): Fields =>
  (id === 'M15' ? fields : { ...fields, ...(value !== undefined && { value }) }) as Fields;

describe('explained', () => {
  const plain = vectors.filter(({ id }) => !OF_PROFILES.has(id) && id !== 'M06' && id !== 'M19');

  test.each(plain)('$id $desc', (vector) => {
    const both = Buffer.concat([bytes(vector.request), bytes(vector.response)]);
    expect(modbusRtuExplainer.explain(both)).toMatchObject({ ok: true, fields: ownFields(vector) });
  });

  test.each(plain.filter(({ expect: { isEcho } }) => !isEcho))('$id by itself', (vector) => {
    const alone = [vector.response, vector.request].flatMap((hex) =>
      hex === null ? [] : [modbusRtuExplainer.explain(bytes(hex))],
    );
    for (const explanation of alone) expect(explanation.ok).toBe(true);
    const fields = alone.map((explanation) => (explanation.ok ? explanation.fields : {}));
    expect(fields).toContainEqual(expect.objectContaining(ownFields(vector)));
  });

  test.each(vectors.filter(({ id }) => OF_PROFILES.has(id)))('$id registers', (vector) => {
    const both = Buffer.concat([bytes(vector.request), bytes(vector.response)]);
    const explanation = modbusRtuExplainer.explain(both);
    const data = bytes(vector.response).subarray(3, -2);
    expect(explanation).toMatchObject({
      ok: true,
      fields: {
        unit: 1,
        start: bytes(vector.request).readUInt16BE(2),
        registers: Array.from({ length: data.length / 2 }, (_, i) => data.readUInt16BE(2 * i)),
      },
    });
  });

  test('M06 with its wrong CRC', () => {
    const { request: sent } = vectors.find(({ id }) => id === 'M06') ?? expect.fail('no M06');
    expect(modbusRtuExplainer.explain(bytes(sent))).toMatchObject({ ok: false, reject: 'crc' });
  });

  test('M19: what an RTU frame is in ASCII, and what ASCII says', () => {
    const { expect: fields } = vectors.find(({ id }) => id === 'M19') ?? expect.fail('no M19');
    const expected = { ok: true, fields };
    expect(modbusRtuExplainer.explain(bytes('01 03 00 00 00 02 C4 0B'))).toMatchObject(expected);
    for (const text of [':010300000002FA\r\n', ':010300000002fa\n', '\0:010300000002FA'])
      expect(modbusAsciiExplainer.explain(Buffer.from(text))).toMatchObject(expected);
    expect(modbusAsciiExplainer.explain(bytes('01 03 00 00 00 02'))).toMatchObject(expected);
  });

  test.each(plain)('$id in a packet', (vector) => {
    const packets = [vector.request, vector.response].flatMap((hex) => {
      if (hex === null) return [];
      const body = bytes(hex).subarray(0, -2);
      return [Buffer.of(0, 7, 0, 0, 0, body.length), body];
    });
    expect(modbusTcpExplainer.explain(Buffer.concat(packets))).toMatchObject({
      ok: true,
      fields: { ...ownFields(vector), transaction: 7 },
    });
  });
});
