/** What a session learns from refusals, silences and late answers. */
import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../drivers/driver.ts';
import type { ModbusGroup } from '../../../drivers/modbus/plan.ts';
import { millis, minutes, seconds } from '../../../gateway/model/units.ts';
import { TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { packet, packetAnswer, wireAnswer } from '../../support/modbus-frames.ts';
import { modbusScene } from '../../support/modbus-session.ts';

type Options = Readonly<Record<string, unknown>>;

/** A device on a network that answers a read with its registers, or with an exception, or not at all. */
function device(options: Options = {}) {
  const scene = modbusScene(TCP_ACCESS, options);
  return {
    ...scene,
    async ask(group: ModbusGroup, exception?: number | 'silence'): Promise<Reading<ModbusGroup>> {
      const reading = scene.read(group);
      const id = scene.sent().readUInt16BE(0);
      const code = scene.sent().readUInt8(7);
      if (typeof exception === 'number') scene.line.arrive(packet(id, 1, code | 0x80, exception));
      else if (exception === undefined) scene.line.arrive(packetAnswer(scene.sent()));
      await scene.wait(exception === 'silence' ? seconds(1) : millis(0));
      return reading;
    },
  };
}
const labels = (groups: readonly ModbusGroup[] | undefined) => groups?.map(({ label }) => label);

describe('a refused block', () => {
  test('is read without the registers that nobody asked for', async () => {
    const { ask, groupOf } = device();
    const group = groupOf(['holding:0 float32', 'holding:10', 'holding:11 uint32', 'holding:20']);
    const reading = await ask(group, 2);
    expect(reading).toMatchObject({ outcome: 'answered', samples: [] });
    expect(labels(reading.regroup)).toEqual(['holding 0..1', 'holding 10..12', 'holding 20']);
  });

  test('without such registers is halved, until one value is left', async () => {
    const { ask, groupOf } = device();
    const group = groupOf(['holding:0 uint64', 'holding:4.1', 'holding:4.2', 'holding:5 float32']);
    const halves = (await ask(group, 3)).regroup ?? [];
    expect(labels(halves)).toEqual(['holding 0..3', 'holding 4..6']);
    const quarters = (await ask(halves[1] ?? expect.fail('one half'), 2)).regroup ?? [];
    expect(labels(quarters)).toEqual(['holding 4', 'holding 5..6']);
    const bits = await ask(quarters[0] ?? expect.fail('no quarter'), 2);
    expect(bits.regroup).toBeUndefined();
    expect(bits.samples.map(({ quality }) => quality)).toEqual(['bad:config', 'bad:config']);
    const rest = await ask(quarters[1] ?? expect.fail('no rest'));
    expect(rest.samples).toMatchObject([{ quality: 'good' }]);
  });

  test('keeps a value with its power of ten together', async () => {
    const { ask, groupOf } = device();
    const scaled = { address: 'holding:3 int16', scale_from: 'holding:9' };
    const reading = await ask(groupOf([scaled, 'holding:0', 'holding:10']), 2);
    expect(labels(reading.regroup)).toEqual(['holding 0', 'holding 3..10']);
  });

  test('keeps its scan class and the values their tags', async () => {
    const { ask, groupOf } = device();
    const group = groupOf(['holding:7', 'holding:3'], 5000);
    const [first, second] = (await ask(group, 2)).regroup ?? [];
    expect(first).toMatchObject({ scan: 5000, tags: [{ id: 'device.t1' }] });
    if (!first || !second) return expect.fail('two groups');
    expect((await ask(first)).samples).toMatchObject([{ tag: 'device.t1', value: 3 }]);
    expect((await ask(second)).samples).toMatchObject([{ tag: 'device.t0', value: 7 }]);
  });

  test.each([1, 4, 5, 6])('is not divided by exception %i', async (exception) => {
    const { ask, groupOf } = device();
    const reading = await ask(groupOf(['holding:0', 'holding:10']), exception);
    expect(reading.regroup).toBeUndefined();
    expect(reading.samples).toHaveLength(2);
  });

  test('is whole again when the unit came back', async () => {
    const { ask, planned, session } = device();
    const plan = planned(['holding:0', 'holding:10', 'input:3']);
    expect(session.relearn?.()).toBeUndefined();
    for (const group of plan) await ask(group);
    expect(session.relearn?.()).toBeUndefined();
    await ask(plan.at(-1) ?? expect.fail('no plan'), 2);
    expect(session.relearn?.()).toBe(plan);
    expect(session.relearn?.()).toBeUndefined();
  });
});

describe('a refused value', () => {
  test.each([1, 2, 3])(
    'with %i is believed at the third time and then asked hourly',
    async (code) => {
      const { ask, groupOf, session } = device();
      const group = groupOf(['holding:0']);
      const again = async () => (await ask(group, code)).again;
      expect([await again(), await again(), await again(), await again()]).toEqual([
        undefined,
        undefined,
        minutes(60),
        minutes(60),
      ]);
      expect(session.relearn?.()).toEqual([group]);
      expect(await again()).toBeUndefined();
    },
  );

  test('that is answered after all begins anew', async () => {
    const { ask, groupOf } = device();
    const group = groupOf(['holding:0']);
    for (const code of [2, 2, undefined, 2, 2])
      expect((await ask(group, code)).again).toBeUndefined();
  });

  test('of a busy device is asked again soon, five times, and is no silence', async () => {
    const { ask, groupOf } = device();
    const group = groupOf(['holding:0'], 10_000);
    const waits: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      const { again, outcome } = await ask(group, 6);
      expect(outcome).toBe('answered');
      waits.push(again);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, undefined]);
  });

  test('of a device that fails is read slowly', async () => {
    const { ask, groupOf } = device();
    expect(await ask(groupOf(['holding:0']), 4)).toMatchObject({
      again: seconds(10),
      samples: [{ quality: 'bad:device' }],
    });
    expect((await ask(groupOf(['holding:0'], 60_000), 4)).again).toBeUndefined();
  });

  test('that the device has accepted to fetch is read a little later', async () => {
    const { ask, groupOf } = device();
    expect(await ask(groupOf(['holding:0'], 60_000), 5)).toMatchObject({
      outcome: 'answered',
      again: seconds(1),
    });
  });

  test.each([0x0a, 0x0b])(
    'by a gateway with %i is the silence of the unit behind it',
    async (code) => {
      const { ask, groupOf, line } = device();
      expect(await ask(groupOf(['holding:0']), code)).toMatchObject({
        outcome: 'silent',
        turnaround: undefined,
        samples: [{ quality: 'bad:comm' }],
      });
      expect(line.isOpen).toBe(true);
    },
  );
});

describe('a block that meets with silence while others are answered', () => {
  test('is divided like a refused one, after the third time', async () => {
    const { ask, planned } = device();
    const [other, block] = planned(['input:0', 'holding:0', 'holding:10']);
    if (!block || !other) return expect.fail('two groups');
    for (let i = 0; i < 2; i++) {
      await ask(other);
      expect((await ask(block, 'silence')).regroup).toBeUndefined();
    }
    await ask(other);
    const reading = await ask(block, 'silence');
    expect(reading).toMatchObject({ outcome: 'silent', samples: [] });
    expect(labels(reading.regroup)).toEqual(['holding 0', 'holding 10']);
  });

  test('is left as it is when it was answered before, or nothing else is answered', async () => {
    const { ask, planned } = device();
    const [other, block] = planned(['input:0', 'holding:0', 'holding:10']);
    if (!block || !other) return expect.fail('two groups');
    for (let i = 0; i < 5; i++) expect((await ask(block, 'silence')).regroup).toBeUndefined();
    await ask(block);
    for (let i = 0; i < 5; i++) {
      await ask(other);
      expect((await ask(block, 'silence')).regroup).toBeUndefined();
    }
  });

  test('down to one value, is asked rarely', async () => {
    const { ask, planned } = device();
    const [other, lonely] = planned(['input:0', 'holding:0']);
    if (!lonely || !other) return expect.fail('two groups');
    const waits: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await ask(other);
      waits.push((await ask(lonely, 'silence')).again);
    }
    expect(waits).toEqual([undefined, undefined, minutes(10)]);
  });
});

describe('an answer that came very late', () => {
  test('is waited for that long from then on', async () => {
    const { read, groupOf, line, clock, sent } = modbusScene(WIRE_ACCESS, { timeout: '100ms' });
    const group = groupOf(['holding:10', 'holding:11']);
    const lengthOfNext = async (answer: (request: Buffer) => void) => {
      const reading = read(group);
      const request = sent();
      answer(request);
      await clock.advance(millis(200));
      await reading;
      return request.readUInt16BE(4);
    };
    const silence = () => {};
    let late: Buffer = Buffer.alloc(0);
    await lengthOfNext((request) => {
      late = wireAnswer(request);
    });
    expect(await lengthOfNext(silence)).toBe(1);
    // 300 ms late, while the separator waits for its own answer.
    await lengthOfNext((separator) => {
      line.arrive(late);
      line.arrive(wireAnswer(separator));
    });
    await clock.advance(seconds(10));
    await lengthOfNext(silence);
    await clock.advance(millis(600));
    expect(await lengthOfNext(silence)).not.toBe(2);
  });
});
