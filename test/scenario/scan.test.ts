/** A scan of simulated wires in virtual time, and of real sockets as a person calls it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { SerialSettings } from '../../drivers/line/line.ts';
import { createDevice } from '../../firmware-sim/device.ts';
import { serveModbusTcp } from '../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import {
  numbersIn,
  type ScanStage,
  type ScanWishes,
  stageTime,
  wireStages,
} from '../../gateway/cli/scan/scan-plan.ts';
import { type FoundDevice, scan } from '../../gateway/cli/scan/scan-run.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { minutes, seconds } from '../../gateway/model/units.ts';
import { disposals } from '../support/disposals.ts';
import { inVirtualTime, type VirtualWireOptions, virtualWire } from '../support/virtual-wire.ts';

const ended = disposals();
const ROOT = join(import.meta.dirname, '..', '..');
const METERS: SerialSettings = { baud: 2400, format: '8E1' };
const modbus = { protocol: 'modbus' } as const;
const dlt645 = { protocol: 'dlt645', settings: METERS } as const;
const cjt188 = { protocol: 'cjt188', settings: METERS } as const;

const ALL: ScanWishes = {
  protocols: ['dlt645', 'cjt188', 'modbus'],
  units: numbersIn('1..247', 0, 255) ?? [],
  bauds: undefined,
  timeout: undefined,
};

async function scanned(options: VirtualWireOptions, wishes: Partial<ScanWishes> = {}) {
  const { clock, line, simulated } = await virtualWire(options);
  const foundAt = new Map<FoundDevice, number>();
  const stages: ScanStage[] = [];
  const parts = {
    line,
    clock,
    framing: 'rtu',
    stages: wireStages({ ...ALL, ...wishes }, 'rtu'),
    onStage: (stage: ScanStage) => stages.push(stage),
    onFound: (found: FoundDevice) => foundAt.set(found, clock.mono()),
  } as const;
  const result = await inVirtualTime(clock, scan(parts, new AbortController().signal));
  simulated.stop();
  return { ...result, foundAt: [...foundAt.values()], stages, took: clock.mono() };
}

const short = ({ found }: { readonly found: readonly FoundDevice[] }) =>
  found.map(
    ({ protocol, unit, settings }) => `${protocol} ${unit} ${settings?.baud} ${settings?.format}`,
  );

describe('a scan of a wire', () => {
  it('finds a mixed line within seconds, each protocol at its own settings', async () => {
    const result = await scanned({ units: [modbus, dlt645, cjt188, modbus] });
    expect(short(result)).toEqual([
      'dlt645 202400000002 2400 8E1',
      'cjt188 78330000000003 2400 8E1',
      'modbus 1 9600 8N1',
      'modbus 4 9600 8N1',
    ]);
    expect(Math.max(...result.foundAt)).toBeLessThan(seconds(10));
    expect(result.found.map(({ options }) => options)).toEqual([
      { address: '202400000002' },
      { address: '78330000000003', di_order: 'high_first' },
      { unit: 1 },
      { unit: 4 },
    ]);
  });

  it('finds a unit with a high number at unusual settings, later', async () => {
    const settings: SerialSettings = { baud: 38_400, format: '8E1' };
    const units = [...Array(60).fill({ ...modbus, fault: 'silent' }), { ...modbus, settings }];
    const result = await scanned({ units }, { protocols: ['modbus'] });
    expect(short(result)).toEqual(['modbus 61 38400 8E1']);
  });

  it('seeks the other units only where the first ones were', async () => {
    const units = [modbus, ...Array(30).fill({ ...modbus, fault: 'silent' }), modbus];
    const result = await scanned({ units }, { protocols: ['modbus'] });
    expect(short(result)).toEqual(['modbus 1 9600 8N1', 'modbus 32 9600 8N1']);
    expect(result.stages.filter(({ isRest }) => isRest)).toHaveLength(1);
    expect(result.took).toBeLessThan(minutes(2));
  });

  it('tells several meters apart that answer one wildcard at once', async () => {
    const result = await scanned({ units: [dlt645, dlt645, dlt645] }, { protocols: ['dlt645'] });
    expect(short(result)).toEqual([
      'dlt645 202400000001 2400 8E1',
      'dlt645 202400000002 2400 8E1',
      'dlt645 202400000003 2400 8E1',
    ]);
    expect(result.garbled).toEqual([]);
  });

  it('says where somebody answers that it cannot understand', async () => {
    const units = [{ ...modbus, fault: 'collision' as const }];
    const wishes = { protocols: ['modbus'], units: [1], bauds: [9600] } as const;
    const result = await scanned({ units }, wishes);
    expect(result.found).toEqual([]);
    expect(result.garbled).toContainEqual({
      protocol: 'modbus',
      settings: { baud: 9600, format: '8N1' },
      unit: '1',
    });
  });

  it('leaves out what a serial server does not let it try', async () => {
    const result = await scanned({ units: [modbus], isFixed: true }, { units: [1, 2, 3] });
    expect(short(result)).toEqual(['modbus 1 9600 8N1']);
    expect(result.isFixed).toBe(true);
  });

  it('takes no longer than it says', async () => {
    const wishes = { units: numbersIn('1..20', 0, 255) ?? [] };
    const stages = wireStages({ ...ALL, ...wishes }, 'rtu');
    const estimate = stages.reduce((sum, stage) => sum + stageTime(stage), 0);
    const { took } = await scanned({}, wishes);
    expect(took).toBeLessThan(estimate + 1_000);
    expect(took).toBeGreaterThan(estimate * 0.9);
  });
});

describe('the numbers of a scan', () => {
  it.each([
    ['1..3', [1, 2, 3]],
    ['5,1..2,5', [5, 1, 2]],
    ['7', [7]],
    ['3..1', undefined],
    ['1..999', undefined],
    ['one', undefined],
    ['', undefined],
    ['1..', undefined],
  ])('%s', (written, numbers) => {
    expect(numbersIn(written, 0, 255)).toEqual(numbers);
  });
});

describe('headgate scan', () => {
  const headgate = (args: readonly string[]) => {
    const child = spawn(join(ROOT, 'bin', 'headgate.mjs'), ['scan', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HEADGATE_LANG: 'en' },
    });
    const done = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
    return {
      child,
      done: done.then(([[status], stdout, stderr]) => ({ status, stdout, stderr })),
    };
  };

  /** Voltages, currents and frequency where an Eastron SDM630 has them. */
  function sdm630(unit: number) {
    const floats = [
      [0, 230.1],
      [2, 229.8],
      [4, 231.2],
      [70, 50.02],
    ] as const;
    const named = floats.map(([address, value]) => ({ address, value }));
    const used = new Set(named.flatMap(({ address }) => [address, address + 1]));
    const points = [
      ...named.map(({ address }) =>
        definePoint({ name: `f${address}`, table: 'input', address, type: 'float32' }),
      ),
      ...Array.from({ length: 400 }, (_, address) => address)
        .filter((address) => !used.has(address))
        .map((address) =>
          definePoint({ name: `r${address}`, table: 'input', address, type: 'uint16' }),
        ),
    ];
    const image = createImage(points, (point) => {
      return (
        named.find(({ address }) => point.type === 'float32' && address === point.address)?.value ??
        0
      );
    });
    const objects = new Map([
      [0, 'Eastron'],
      [1, 'SDM630\u001b[2J'],
      [2, 'V1.4'],
    ]);
    return createDevice({ name: `meter-${unit}`, unit, image, identity: { objects } });
  }

  it('finds a meter behind a gateway, knows its profile and writes the YAML', async () => {
    const server = ended(await serveModbusTcp({ devices: [sdm630(5)] }, systemClock()), (it) =>
      it.stop(),
    );
    const url = `tcp://127.0.0.1:${server.port}`;
    const { status, stdout, stderr } = await headgate([url, '--units', '1..8']).done;
    expect(stderr).toMatch(/found modbus 5 · \d+ ms · Eastron, SDM630\\u\{1b\}\[2J, V1\.4/);
    expect(status).toBe(0);
    expect(stderr).toContain('voltage_l1 230.1 V');
    expect(stdout).toContain(`bus1: { tcp: "127.0.0.1:${server.port}" }`);
    expect(stdout).toMatch(/modbus_5:\n(.*\n)*? {4}profile: eastron\/sdm630/);
    expect(stdout).toContain('    unit: 5');
    const json = JSON.parse((await headgate([url, '--units', '5', '--json']).done).stdout);
    expect(json).toMatchObject({
      isComplete: true,
      found: [{ unit: '5', profiles: [{ id: 'eastron/sdm630' }] }],
    });
  });

  it('knows a device that answers to every number for one', async () => {
    const everybody = [1, 255, 0, 247, 2, 3].map((unit) => sdm630(unit));
    const server = ended(await serveModbusTcp({ devices: everybody }, systemClock()), (it) =>
      it.stop(),
    );
    const url = `tcp://127.0.0.1:${server.port}`;
    const { stdout, stderr } = await headgate([url]).done;
    expect(stderr).toContain('the device answers to every unit number');
    expect(stdout.match(/^ {2}modbus_/gm)).toHaveLength(1);
  });

  it('prints what it found so far when it is interrupted', async () => {
    const device = sdm630(1);
    const mute = { ...sdm630(2), answer: () => ({ reply: undefined, fault: undefined }) };
    const server = ended(await serveModbusTcp({ devices: [device, mute] }, systemClock()), (it) =>
      it.stop(),
    );
    const call = headgate([
      `tcp://127.0.0.1:${server.port}`,
      '--units',
      '1..2',
      '--timeout',
      '60s',
    ]);
    let noted = '';
    call.child.stderr?.on('data', (chunk) => {
      const wasFound = noted.includes('found modbus 1');
      noted += chunk;
      if (!wasFound && noted.includes('found modbus 1')) call.child.kill('SIGINT');
    });
    const { status, stdout, stderr } = await call.done;
    expect(status).toBe(0);
    expect(stderr).toContain('ended early');
    expect(stdout).toContain('unit: 1');
  });

  it('refuses what it cannot make sense of', async () => {
    for (const args of [
      [],
      ['serial:///dev/x', '--units', 'all'],
      ['serial:///dev/x', '--protocol', 'x'],
    ])
      expect((await headgate(args).done).status).toBe(2);
  });
});
