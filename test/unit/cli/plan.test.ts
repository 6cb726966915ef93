/** Plans of whole sites, from their files to the words. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkVerb } from '../../../gateway/cli/check.ts';
import { planVerb } from '../../../gateway/cli/plan/plan.ts';
import { durationText } from '../../../gateway/cli/plan/plan-view.ts';
import { millis } from '../../../gateway/model/units.ts';
import { called } from '../../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const site = (name: string, yaml: string) => {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `gateway: { id: x }\nuplinks: { cloud: { mqtt: "mqtt://127.0.0.1:1883" } }\n${yaml}`,
  );
  return path;
};

const THREE_PROTOCOLS = site(
  'three',
  `buses:
  line1: { serial: /dev/ttyS9, baud: 2400, format: 8E1 }
  plc: { tcp: "127.0.0.1:502" }
devices:
  em: { bus: line1, protocol: dlt645, address: "123456789012", scan: 1m, tags: { energy: { address: "00010000" } } }
  wm: { bus: line1, protocol: cjt188, address: "78331234567890", type: water, scan: 15m, tags: { volume: { address: volume } } }
  climate: { bus: line1, protocol: modbus, unit: 13, scan: 10s, tags: { t: { address: "input:1 int16" }, rh: { address: "input:2" } } }
  press: { bus: plc, protocol: modbus, unit: 1, scan: 500ms, tags: { oil: { address: "holding:100 float32" } } }
`,
);
const OVERLOADED = site(
  'overloaded',
  `buses:
  line1: { serial: /dev/ttyS9, baud: 1200, format: 8E1 }
devices:
  big: { bus: line1, protocol: modbus, unit: 1, scan: 500ms, tags: { a: { address: "holding:0 float32" }, b: { address: "holding:200 float32" }, c: { address: "holding:400" } } }
  small: { bus: line1, protocol: modbus, unit: 2, scan: 500ms, tags: { a: { address: "holding:0" } } }
`,
);
const TIGHT = site(
  'tight',
  `buses:
  plc: { tcp: "127.0.0.1:502" }
devices:
  press: { bus: plc, protocol: modbus, unit: 1, scan: 20ms, tags: { oil: { address: "holding:100" } } }
`,
);

const SERVERS = site(
  'servers',
  `buses:
  plc2: { opcua: "opc.tcp://10.0.0.20:4840" }
devices:
  cell:
    bus: plc2
    protocol: opcua
    scan: 1s
    tags:
      a: { address: "ns=2;s=A" }
      b: { address: "ns=2;s=B", sampling: 100ms }
      fast: { address: "ns=2;s=C", scan: 100ms }
      start: { address: "call ns=2;s=Cell ns=2;s=Start", access: write }
      set: { address: "ns=2;s=D", access: write }
  slow: { bus: plc2, protocol: opcua, mode: poll, scan: 10s, tags: { x: { address: "ns=2;s=X", sampling: 0ms } } }
  free: { bus: plc2, protocol: opcua, scan: 10s, tags: { x: { address: "ns=2;s=X", sampling: 0ms } } }
`,
);

const run = (args: readonly string[], language: 'en' | 'zh' = 'en') =>
  called({ plan: planVerb, check: checkVerb }, args, { language });
const planned = async (path: string, ...args: readonly string[]) => {
  const { status, stdout } = await run(['plan', path, '--json', ...args]);
  return { status, plan: JSON.parse(stdout) };
};

describe('headgate plan', () => {
  it('prints the exact frame of every request, whatever the protocol', async () => {
    const { status, plan } = await planned(THREE_PROTOCOLS);
    expect(status).toBe(0);
    const frames = Object.fromEntries(
      plan.buses.flatMap(({ devices }: { devices: { device: string; requests: object[] }[] }) =>
        devices.map(({ device, requests }) => [device, requests]),
      ),
    );
    expect(frames).toMatchObject({
      em: [{ frame: 'FE FE FE FE 68 12 90 78 56 34 12 68 11 04 33 33 34 33 68 16', scan: '1m' }],
      wm: [{ frame: expect.stringMatching(/^(FE ){4}68 10 90 78 56 34 12 33 78 01 03 90 1F/) }],
      climate: [{ frame: '0D 04 00 01 00 02 20 C7', tags: ['t', 'rh'], reply_bytes: 9 }],
      press: [{ frame: '00 01 00 00 00 06 01 03 00 64 00 02', scan: '500ms' }],
    });
  });

  it('computes the time of a request from its characters, the silence and the turn-around', async () => {
    const { plan } = await planned(THREE_PROTOCOLS, '--turnaround', '100ms');
    const [line] = plan.buses;
    const climate = line.devices[2].requests[0];
    expect(climate.ms).toBeCloseTo((17 * 11_000) / 2400 + (3.5 * 11_000) / 2400 + 100, 1);
    expect(line).toMatchObject({ baud: 2400, format: '8E1', silent_share_percent: 5, fits: true });
    expect(line.load_percent).toBeGreaterThan(1);
  });

  it('refuses cycles that cannot be kept, and names bus, devices and the nearest scan', async () => {
    const { status, stderr } = await run(['plan', OVERLOADED]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/bus line1 .* big [\d.]+ %, small [\d.]+ % \[cli\.bus-overloaded\]/);
    expect(stderr).toMatch(/500ms → \d+ms/);
    const chinese = await run(['plan', OVERLOADED], 'zh');
    expect(chinese.stderr).toMatch(/总线 line1 .*最接近的可行周期：500ms → /s);
    const { status: again, plan } = await planned(OVERLOADED);
    expect(again).toBe(1);
    expect(plan).toMatchObject({
      ok: false,
      buses: [{ fits: false, nearest: [{ scan: '500ms' }] }],
    });
  });

  it('takes the slowest turn-around that somebody names', async () => {
    expect(await planned(THREE_PROTOCOLS, '--turnaround', '490ms')).toMatchObject({ status: 1 });
    expect(await run(['plan', THREE_PROTOCOLS, '--turnaround', '5'])).toMatchObject({ status: 2 });
  });

  it('writes durations as YAML does', () => {
    expect(
      [500, 1500, 60_000, 900_000, 3_600_000, 1_234].map((ms) => durationText(millis(ms))),
    ).toEqual(['500ms', '1.5s', '1m', '15m', '1h', '1234ms']);
  });
});

describe('headgate check', () => {
  it('reports a bus that no device could be fast enough for as an error, at its place', async () => {
    const { status, stdout } = await run(['check', OVERLOADED]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/overloaded\.yaml:4:3 cli\.bus-overloaded bus line1/);
  });

  it('warns where the assumed turn-around alone is too long', async () => {
    const { status, stdout } = await run(['check', TIGHT, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      problems: [{ code: 'cli.bus-overloaded', severity: 'warning', line: 4 }],
    });
  });

  it('reports a tag that no request can read', async () => {
    const path = site(
      'long',
      `buses:\n  plc: { tcp: "127.0.0.1:502" }\ndevices:\n  press: { bus: plc, protocol: modbus, max_registers: 2, scan: 1s, tags: { e: { address: "holding:0 float64" } } }\n`,
    );
    const { status, stdout } = await run(['check', path]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/long\.yaml:6:\d+ modbus\.value-too-long press\.e/);
  });
});

describe('the plan of an OPC UA server', () => {
  it('names subscriptions, items and the most changes they can bring', async () => {
    const { status, plan } = await planned(SERVERS);
    expect(status).toBe(0);
    expect(plan.buses).toMatchObject([
      {
        bus: 'plc2',
        resource: 'opcua:opc.tcp://10.0.0.20:4840',
        devices: [
          {
            device: 'cell',
            classes: [
              { scan: '100ms', subscriptions: 1, items: 1, changes_per_second_max: 10 },
              { scan: '1s', subscriptions: 1, items: 2, changes_per_second_max: 11 },
            ],
          },
          {
            device: 'slow',
            classes: [{ subscriptions: 0, items: 1, changes_per_second_max: 0.1 }],
          },
          { device: 'free', classes: [{ subscriptions: 1, changes_per_second_max: null }] },
        ],
      },
    ]);
  });

  it.each([
    ['en', 'every 1s: 1 subscription(s), 2 item(s), at most 11 change(s) a second'],
    ['zh', '周期 1s：1 个订阅，2 个点，最多每秒 11 个变化'],
  ] as const)('is read by people, in %s', async (language, line) => {
    const { stdout } = await run(['plan', SERVERS], language);
    expect(stdout).toContain(line);
  });
});
