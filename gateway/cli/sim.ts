import { readFile } from 'node:fs/promises';
import { readRecording } from '../../drivers/line/recording-file.ts';
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import { tracePlant } from '../../firmware-sim/trace-plant.ts';
import { createLog } from '../host/log.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import { playFleet } from './fleet/fleet.ts';
import { FLEET_OPTIONS } from './fleet/fleet-options.ts';
import { requireSite, sitePath } from './load-site.ts';
import { replayedLine } from './replayed-line.ts';
import { aborted } from './run.ts';
import { startBoards } from './simulated-board.ts';
import { simulatedField } from './simulated-field.ts';
import type { Call, Verb } from './verb.ts';

export const simVerb: Verb = {
  usage: [
    'headgate sim <site>',
    '       headgate sim --trace <file.csv> [--port 1502] [--line 1503]',
    '       headgate sim --replay <file.pcap> [--line 1503]',
    '       headgate sim --fleet <n> --broker <url>… [--for 20s] [--json]',
  ].join('\n'),
  about: {
    en: 'Plays the field of a site: Modbus devices, meters and OPC UA servers on the ports that the site names, DTUs that dial its gateway, with a seeded process behind them and the faults of its simulation section. A serial port is made at the path of the bus (by socat), where nothing may be yet. With --trace, a recorded CSV file drives the registers instead: the row number is a uint32 at holding 0, column i a float32 at holding 2+2i. Any gateway may poll it. With --replay, a recording of a serial line answers what was asked then as it was answered then. With --fleet, many gateways publish at a broker what real ones would, and it says what was acknowledged and when; sizing: docs/cluster.md',
    zh: '模拟站点的现场：在站点所写端口上提供 Modbus 设备、仪表和 OPC UA 服务器，并以 DTU 方式拨入网关；数值由带种子的过程产生，并带有 simulation 中的故障。串口由 socat 在总线所写路径上创建，该路径不得已存在。使用 --trace 时由 CSV 记录驱动寄存器：行号为 holding 0 处的 uint32，第 i 列为 holding 2+2i 处的 float32。任何网关都可以轮询。使用 --replay 时，按串行线路的记录原样应答当时的请求。使用 --fleet 时模拟大量网关，向 MQTT 代理发布与真实网关相同的消息，并统计确认数与确认时间；容量估算见 docs/cluster.zh-CN.md',
  },
  options: {
    seed: {
      type: 'string',
      placeholder: 'n',
      help: {
        en: 'the same seed plays the same day (1)',
        zh: '随机种子，相同种子结果相同（默认 1）',
      },
    },
    trace: {
      type: 'string',
      placeholder: 'file.csv',
      help: { en: 'a recording instead of a site', zh: '用记录文件代替站点' },
    },
    replay: {
      type: 'string',
      placeholder: 'file.pcap',
      help: {
        en: 'what headgate record wrote, instead of a site',
        zh: '用 headgate record 的记录代替站点',
      },
    },
    speed: {
      type: 'string',
      placeholder: 'x',
      help: { en: 'how many times faster than recorded (1)', zh: '回放速度倍数（默认 1）' },
    },
    port: {
      type: 'string',
      placeholder: 'n',
      help: {
        en: 'Modbus TCP port of the trace (1502)',
        zh: '记录的 Modbus TCP 端口（默认 1502）',
      },
    },
    line: {
      type: 'string',
      placeholder: 'n',
      help: {
        en: 'port of the raw serial line of a trace (9600 8N1) or recording (1503)',
        zh: '记录的串行线路透传端口（CSV 记录为 9600 8N1；默认 1503）',
      },
    },
    ...FLEET_OPTIONS,
  },
  examples: [
    [
      'headgate sim config/sites/workshop',
      { en: 'the field of the demo site', zh: '演示站点的现场' },
    ],
    [
      'headgate sim --trace pump.csv --speed 10',
      { en: 'a recording, ten times faster', zh: '以十倍速度回放记录' },
    ],
    [
      'headgate sim --fleet 100 --broker mqtt://127.0.0.1 --tags 50 --every 1s --for 60s',
      { en: 'a hundred gateways for a minute', zh: '一百个网关，运行一分钟' },
    ],
  ],
  async run(call) {
    if (call.values.fleet !== undefined) return playFleet(call);
    const { plant, boards = NO_BOARDS } = await start(call);
    for (const [bus, address] of plant.addresses)
      call.print(
        `${bus}: ${address.kind === 'serial' ? address.path : `${address.kind} ${address.host}:${address.port}`}`,
      );
    for (const [bus, { server }] of plant.servers) call.print(`${bus}: ${server.endpointUrl}`);
    for (const bus of plant.dtus.keys()) call.print(`${bus}: dials the gateway`);
    for (const [bus, { transport }] of boards) call.print(`${bus}: ${transport.chip}`);
    await aborted(call.signal);
    await plant.stop();
    for (const { board } of boards.values()) await board.stop();
    return 0;
  },
};

interface Played {
  readonly plant: RunningPlant;
  readonly boards?: Awaited<ReturnType<typeof startBoards>>;
}

const NO_BOARDS: NonNullable<Played['boards']> = new Map();

async function start(call: Call): Promise<Played> {
  const log = createLog('warn');
  const { trace, replay } = call.values;
  const seed = numberOption(call, 'seed', 1);
  if (typeof replay === 'string') {
    const recording = readRecording(await readFile(replay).catch(unreadable));
    const plant = replayedLine(recording, numberOption(call, 'line', 1503));
    return { plant: await startPlant(plant, call.clock, log) };
  }
  if (typeof trace === 'string') {
    const options = {
      file: trace,
      speed: numberOption(call, 'speed', 1),
      port: numberOption(call, 'port', 1502),
      linePort: numberOption(call, 'line', 1503),
    };
    const plant = await tracePlant(options, call.clock);
    return { plant: await startPlant(plant, call.clock, log) };
  }
  const site = await requireSite(call, sitePath(call));
  const boards = await startBoards(site, { seed, clock: call.clock });
  const field = simulatedField(site, { seed, freePorts: false });
  return { plant: await startPlant(field, call.clock, log), boards };
}

const unreadable = (error: unknown): never => {
  throw new GatewayError('recorder.not-a-capture', { problem: reasonOf(error) });
};

/** A numeric option; anything else is wrong usage. */
export function numberOption(call: Call, name: string, fallback: number): number {
  const text = call.values[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new GatewayError('cli.usage', {
    verb: 'sim',
    problem: `--${name} takes a number, not "${text}"`,
  });
}
