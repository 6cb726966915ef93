/** Frames of real devices and of their manuals, read through the whole driver. Origins stand with the vectors. */
import { expect, test } from 'vitest';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import { modbusDriver } from '../../drivers/modbus/driver.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { millis } from '../../gateway/model/units.ts';
import { modbusDevice, request, WIRE_ACCESS } from '../support/modbus-fixture.ts';
import { scriptedLine } from '../support/scripted-line.ts';
import vectors from './modbus-vectors.json' with { type: 'json' };

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test.each(vectors)('$id $desc', async ({ request: sent, response, tags, exception, echo }) => {
  const clock = virtualClock();
  const line = scriptedLine(clock, serialTiming({ baud: 9600, format: '8N1' }));
  const reply = bytes(response);
  const table = sent?.startsWith('01 04') ? 'input' : 'holding';
  const asked = sent ? bytes(sent) : undefined;
  const read = tags ?? [
    { address: `${table}:${asked?.readUInt16BE(2) ?? 0} uint32`, value: undefined },
  ];
  const device = modbusDevice({ unit: reply.readUInt8(0) });
  const [group, ...others] = modbusDriver.plan(
    device,
    read.map(({ value: _, ...written }, i) => request(written, i)),
    WIRE_ACCESS,
  );
  if (!group || others.length > 0) throw new Error('one read expected');

  const session = modbusDriver.open(device, { ...WIRE_ACCESS, clock, log: silentLog, line });
  const reading = session.read(group, new AbortController().signal);
  if (asked) expect(line.written).toEqual([asked]);
  line.arrive(reply);
  await clock.advance(millis(2_000));
  const { samples, outcome } = await reading;

  if (exception) {
    const behindGateway = exception === 0x0b;
    expect(outcome).toBe(behindGateway ? 'silent' : 'answered');
    expect(samples[0]?.quality).toBe(behindGateway ? 'bad:comm' : 'bad:config');
  } else if (echo) {
    expect(outcome).toBe('silent');
    expect(samples[0]).toMatchObject({ value: null, quality: 'bad:comm' });
  } else {
    expect(samples.map(({ value }) => value)).toEqual(read.map(({ value }) => value));
    expect(samples.every(({ quality }) => quality === 'good')).toBe(true);
  }
});
