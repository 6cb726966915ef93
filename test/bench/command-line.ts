/**
 * `command_wait_p99_ms`: a command from upstream on a line of 9600 baud that is polled without a pause. From its publication to
 * the first byte of its write, broker, intent on the disk and all, less one transaction of the line, which may be running.
 * Beside it what a command waits that has to come behind one poll of each of the ten groups of the line.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { seededRandom } from '../../gateway/host/random.ts';
import { type Bench, median, percentile, rounded } from './figure.ts';
import { monotonicMs, pause, withGateway } from './rig.ts';
import type { WrittenLineOrder, WrittenLineReport } from './written-line-process.ts';

const GOAL_MS = 20;
const COMMANDS = 300;
const BAUD = 9600;
const TURNAROUND_MS = 5;
const GROUPS = 10;
const REGISTERS_APART = 200;
const LEAST_PAUSE_MS = 300;
const JITTER_MS = 150;
const SETTLE_MS = 2_000;

type Transaction = Extract<WrittenLineReport, { kind: 'transactions' }>['list'][number];

export const commandLine: Bench = {
  name: 'command_wait_p99_ms',
  async run(print, note) {
    note(`command_wait_p99_ms: ${COMMANDS} commands on a saturated line, 2 min …`);
    const order: WrittenLineOrder = { baud: BAUD, turnaroundMs: TURNAROUND_MS };
    const line = fork(join(import.meta.dirname, 'written-line-process.ts'), [
      JSON.stringify(order),
    ]);
    try {
      const [{ port }] = (await once(line, 'message')) as [
        Extract<WrittenLineReport, { kind: 'ready' }>,
      ];
      let url = '';
      const waits = await withGateway(
        (folder, mqttPort) => {
          url = `mqtt://127.0.0.1:${mqttPort}`;
          writeFileSync(join(folder, 'gateway.yaml'), siteOf(port, url));
        },
        () => measure(line, url),
      );
      const value = percentile(waits.whole, 99) - waits.transactionMs;
      const baseline = GROUPS * waits.transactionMs;
      print({
        figure: 'command_wait_p99_ms',
        value: rounded(value),
        unit: 'ms',
        baseline: rounded(baseline),
        ratio: rounded(value / baseline, 4),
        goal: GOAL_MS,
        ok: value <= GOAL_MS && waits.whole.length === COMMANDS,
        detail: {
          commands: waits.whole.length,
          whole_p50_ms: rounded(percentile(waits.whole, 50)),
          whole_p99_ms: rounded(percentile(waits.whole, 99)),
          whole_max_ms: rounded(Math.max(...waits.whole)),
          transaction_ms: rounded(waits.transactionMs),
          busy_share: rounded(waits.busyShare),
        },
      });
    } finally {
      line.kill();
    }
  },
};

async function measure(line: ChildProcess, url: string) {
  const random = seededRandom(1);
  const sender = await connectAsync(url, { protocolVersion: 5 });
  await pause(SETTLE_MS);
  await transactionsOf(line);
  const began = monotonicMs();
  const published: number[] = [];
  for (let i = 1; i <= COMMANDS; i++) {
    await pause(LEAST_PAUSE_MS + random() * JITTER_MS);
    const issued = Date.now();
    published[i] = monotonicMs();
    const command = {
      ...{ v: 1, gw: 'bench', id: `command-${i}`, tag: 'unit.setpoint', value: i, by: 'bench' },
      ...{ issued, expires: issued + 30_000 },
    };
    await sender.publishAsync('headgate/v1/bench/cmd', JSON.stringify(command), { qos: 1 });
  }
  await pause(SETTLE_MS);
  const list = await transactionsOf(line);
  await sender.endAsync();
  const whole = list
    .filter(({ isWrite }) => isWrite)
    .flatMap(({ value, from }) => {
      const at = published[value];
      return at === undefined ? [] : [from - at];
    });
  const lasting = list.map(({ from, to }) => to - from);
  const busyShare = lasting.reduce((sum, ms) => sum + ms, 0) / (monotonicMs() - began);
  return { whole, transactionMs: median(lasting), busyShare };
}

async function transactionsOf(line: ChildProcess): Promise<readonly Transaction[]> {
  const answer = once(line, 'message');
  line.send('transactions');
  const [{ list }] = (await answer) as [Extract<WrittenLineReport, { kind: 'transactions' }>];
  return list;
}

function siteOf(port: number, broker: string): string {
  const tags = Array.from({ length: GROUPS }, (_, group) =>
    Array.from(
      { length: 10 },
      (_, i) =>
        `      t${group}_${i}: { address: "holding:${(group + 1) * REGISTERS_APART + i} uint16", deadband: 0 }`,
    ),
  ).flat();
  return `
gateway: { id: bench, timezone: UTC }
journal: { path: ./journal.db }
uplinks: { cloud: { mqtt: "${broker}", commands: accept } }
buses: { line: { serial_tcp: "127.0.0.1:${port}", baud: ${BAUD}, format: 8N1 } }
devices:
  unit:
    bus: line
    protocol: modbus
    unit: 1
    scan: 10ms
    tags:
      setpoint: { address: "holding:0 uint16", access: read-write, scan: 10s, write: { by: [remote], kind: pulse } }
${tags.join('\n')}
`;
}
