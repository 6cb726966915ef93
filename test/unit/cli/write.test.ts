/** One-off writes over real sockets, from the arguments to the one outcome. */
import { describe, expect, it } from 'vitest';
import { meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { createDevice, processImage } from '../../../firmware-sim/device.ts';
import { meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import { definePoint } from '../../../firmware-sim/registers.ts';
import { rtuStation } from '../../../firmware-sim/rtu-station.ts';
import { writeVerb } from '../../../gateway/cli/write/write.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { millis } from '../../../gateway/model/units.ts';
import { called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';
import { answeringServer, wireServer } from '../../support/wire-server.ts';

const clock = systemClock();
const later = disposals();
const WATER = ['--protocol', 'cjt188', '--address', '78331234567890', '--type', 'water'];
/** Nothing has to be read before. */
const CLOSE_AT_ONCE = [
  ...['valve', 'closed', ...WATER, '--allow', 'valve'],
  ...['--option', 'di_order=high_first'],
];
const ELECTRICITY = ['--protocol', 'dlt645', '--address', '202411110002'];

const write = (args: readonly string[], options: Parameters<typeof called>[2] = {}) =>
  called({ write: writeVerb }, ['write', ...args], options);
const outcomeOf = async (args: readonly string[]) => {
  const { status, stdout } = await write([...args, '--yes', '--json']);
  return { status, fields: JSON.parse(stdout) };
};

async function wire(valveTravel = millis(0)) {
  const water = meter188({ name: 'wm', address: '78331234567890', type: 0x10, valveTravel }, clock);
  const image = processImage(
    [
      definePoint({
        name: 'setpoint',
        table: 'holding',
        address: 10,
        type: 'float32',
        writable: true,
      }),
      definePoint({ name: 'fixed', table: 'holding', address: 20, type: 'uint16' }),
      definePoint({ name: 'pump', table: 'coil', address: 5, type: 'bool', writable: true }),
    ],
    new Map(),
    1,
    clock,
  );
  const drive = rtuStation(createDevice({ name: 'drive', unit: 3, image }));
  const electricity = meter645({ name: 'em', address: '202411110002' }, clock);
  const { place } = later(await wireServer([drive, water, electricity], clock), ({ close }) =>
    close(),
  );
  return { bus: `rtu+tcp://${place}?115200-8-N-1`, water };
}

/** Counts what reaches it and never answers. */
async function mute(onRequest = () => {}) {
  const requests: string[] = [];
  const server = later(
    await answeringServer((request) => {
      requests.push(request.toString('hex'));
      onRequest();
      return undefined;
    }),
    ({ close }) => close(),
  );
  return { bus: `rtu+tcp://${server.place}?115200-8-N-1`, requests };
}

describe('headgate write', () => {
  it('closes a valve and says verified when the meter shows it closed', async () => {
    const { bus } = await wire();
    const { status, fields } = await outcomeOf([
      bus,
      'valve',
      'closed',
      ...WATER,
      '--allow',
      'valve',
    ]);
    expect(fields).toMatchObject({ outcome: 'verified', value: 'closed', read_back: 'closed' });
    expect(status).toBe(0);
    expect(fields.frame).toMatch(/^FE FE FE FE 68 10 90 78 56 34 12 33 78 04 04/);
    expect(fields.sent).toContain('68 10 90 78 56 34 12 33 78 04 04');
    expect(fields.received).toContain('68 10 90 78 56 34 12 33 78 84 05');
  });

  it('writes registers and coils of a Modbus device', async () => {
    const { bus } = await wire();
    const drive = [bus, '--unit', '3'];
    expect(await outcomeOf([...drive, 'holding:10 float32', '21.3'])).toMatchObject({
      status: 0,
      fields: {
        outcome: 'verified',
        value: 21.3,
        frame: expect.stringMatching(/^03 10 00 0A 00 02 04 41 AA 66 66/),
      },
    });
    expect(await outcomeOf([...drive, 'coil:5', 'on'])).toMatchObject({
      status: 0,
      fields: {
        outcome: 'verified',
        value: true,
        read_back: true,
        frame: '03 05 00 05 FF 00 9D D9',
      },
    });
    expect(await outcomeOf([...drive, 'holding:9000', '-5'])).toMatchObject({
      status: 1,
      fields: { outcome: 'rejected' },
    });
  });

  it('waits for a valve that travels', async () => {
    const { bus } = await wire(millis(1_500));
    const wanted = [bus, 'valve', 'closed', ...WATER, '--allow', 'valve', '--settle', '5s'];
    expect(await outcomeOf(wanted)).toMatchObject({ status: 0, fields: { outcome: 'verified' } });
  });

  it('says unknown when the device acknowledged and holds another value', async () => {
    const { bus } = await wire(millis(60_000));
    const wanted = [bus, 'valve', 'closed', ...WATER, '--allow', 'valve', '--settle', '0ms'];
    const { status, fields } = await outcomeOf(wanted);
    expect(fields).toMatchObject({ outcome: 'unknown', code: 'cli.read-back-differs' });
    expect(status).toBe(1);
  });

  it('says written where nothing can be read back', async () => {
    const { bus } = await wire();
    const { status, fields } = await outcomeOf([bus, 'freeze', 'now', ...ELECTRICITY]);
    expect(fields).toMatchObject({ outcome: 'written' });
    expect(fields).not.toHaveProperty('read_back');
    expect(status).toBe(0);
  });

  it('says rejected, and sends nothing, where the permission is missing', async () => {
    const { bus, requests } = await mute();
    const { status, fields } = await outcomeOf([bus, 'valve', 'closed', ...WATER]);
    expect(fields).toMatchObject({ outcome: 'rejected', frame: null, sent: null });
    expect(fields.hint).toBeTruthy();
    expect(status).toBe(1);
    expect(requests).toEqual([]);
  });

  it('says unknown when no answer comes, and never sends it twice', async () => {
    const { bus, requests } = await mute();
    const wanted = [bus, ...CLOSE_AT_ONCE, '--timeout', '50ms'];
    const { status, fields } = await outcomeOf([...wanted, '--settle', '0ms']);
    expect(fields).toMatchObject({ outcome: 'unknown', code: 'cli.write-unanswered' });
    expect(status).toBe(1);
    const writes = requests.join(' ').match(/68109078563412337804/g);
    expect(writes).toHaveLength(1);
  });

  it('says unknown when it is interrupted after the frame has left', async () => {
    const stop = new AbortController();
    const { bus } = await mute(() => stop.abort());
    const wanted = [bus, ...CLOSE_AT_ONCE, '--timeout', '20s', '--yes', '--json'];
    const { status, stdout } = await write(wanted, { signal: stop.signal });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'unknown' });
  });

  it('says failed when the line cannot be opened', async () => {
    const wanted = ['rtu+tcp://127.0.0.1:1', 'valve', 'closed', ...WATER, '--allow', 'valve'];
    expect(await outcomeOf(wanted)).toMatchObject({
      status: 1,
      fields: { outcome: 'failed', code: 'line.unreachable', sent: null },
    });
  });

  it('says failed when the device does not say what has to be known before', async () => {
    const { bus, requests } = await mute();
    const wanted = [bus, 'valve', 'closed', ...WATER, '--allow', 'valve', '--timeout', '50ms'];
    expect(await outcomeOf(wanted)).toMatchObject({
      status: 1,
      fields: { outcome: 'failed', code: 'cli.silent', frame: null },
    });
    expect(requests.join(' ')).not.toContain('68109078563412337804');
  });

  it('shows what it would send, and sends nothing until somebody agrees', async () => {
    const { bus, requests } = await mute();
    const wanted = [bus, ...CLOSE_AT_ONCE, '--timeout', '20ms'];
    const shown = await write(wanted);
    expect(shown.status).toBe(1);
    expect(shown.stdout).toContain('write data: request');
    expect(shown.stdout).toContain('valve');
    expect(shown.stdout).toMatch(/^failed: /m);
    expect(shown.stdout).toContain('[cli.not-confirmed]');
    const agreed = await write([...wanted, '--settle', '0ms'], { agrees: true, language: 'zh' });
    expect(agreed.stdout).toMatch(/^unknown: .*结果未知/m);
    expect(requests.join(' ').match(/68109078563412337804/g)).toHaveLength(1);
  });

  it('exits with 2 for what is no value of the address', async () => {
    expect(await write(['tcp://127.0.0.1:1', 'holding:0', 'open'])).toMatchObject({ status: 2 });
    expect(await write(['tcp://127.0.0.1:1', 'holding:0'])).toMatchObject({ status: 2 });
    expect(await write(['tcp://127.0.0.1:1', 'holding:0', '1', '2'])).toMatchObject({ status: 2 });
  });
});
