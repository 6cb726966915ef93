/** `headgate read`: one address of one device, without a site. */
import type { BusTransport } from '../../config/site.ts';
import type { TagRequest } from '../../drivers/driver.ts';
import type { SerialFormat } from '../../drivers/line/line.ts';
import { modbusOptions } from '../../drivers/modbus/options.ts';
import { accessOf, driverOf, lineOf } from '../field.ts';
import { sleep } from '../host/clock.ts';
import { silentLog } from '../host/log.ts';
import { issueText, type Parsed } from '../host/schema.ts';
import { GatewayError, type Language } from '../model/errors.ts';
import { isBad } from '../model/quality.ts';
import { deviceName, plainValue, type Sample, tagId } from '../model/sample.ts';
import { between, later, seconds } from '../model/units.ts';
import type { Call, Verb } from './verb.ts';

export const readVerb: Verb = {
  usage: 'headgate read <bus> <address>… [--unit n] [--timeout 500ms]',
  about: {
    en: 'Reads addresses of one device and prints them, one a line. The bus: tcp://host:502 (Modbus TCP), rtu+tcp://host:port (a serial line behind a serial server), serial:///dev/ttyS1?9600-8-E-1. The address: "holding:100 float32 cdab", "input:20 uint32", "coil:5", "holding:10.3", or a manual\'s number such as 40001.',
    zh: '读取一台设备的若干地址并逐行打印。总线：tcp://主机:502（Modbus TCP）、rtu+tcp://主机:端口（串口服务器）、serial:///dev/ttyS1?9600-8-E-1。地址：“holding:100 float32 cdab”、“input:20 uint32”、“coil:5”、“holding:10.3”，或手册编号如 40001。',
  },
  options: {
    unit: {
      type: 'string',
      placeholder: 'n',
      help: { en: 'the unit (slave) number (1)', zh: '站号（默认 1）' },
    },
    timeout: {
      type: 'string',
      placeholder: 'duration',
      help: { en: 'how long to wait for an answer', zh: '等待应答的时间' },
    },
    json: { type: 'boolean', help: { en: 'one JSON object a line', zh: '每行一个 JSON 对象' } },
  },
  examples: [
    [
      'headgate read tcp://10.0.0.5:502 --unit 3 "holding:100 float32 cdab"',
      { en: 'a float in a PLC', zh: '读取 PLC 中的浮点数' },
    ],
    [
      'headgate read serial:///dev/ttyUSB0?9600-8-N-1 --unit 11 40001',
      { en: 'a register by its number in the manual', zh: '按手册编号读取寄存器' },
    ],
  ],
  async run(call) {
    const [url, ...addresses] = call.positionals;
    if (url === undefined || addresses.length === 0)
      throw usage('name a bus and at least one address');
    const samples = await readAll(call, busOf(url), addresses);
    for (const [i, sample] of samples.entries())
      call.print(render(sample, addresses[i] ?? '', call));
    const bad = samples.find((sample) => isBad(sample.quality));
    if (bad === undefined) return 0;
    throw new GatewayError('cli.no-answer', { target: url, quality: bad.quality });
  },
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'read', problem });

interface BusUrl {
  readonly transport: BusTransport;
  readonly baud: number;
  readonly format: SerialFormat;
}

const SERIAL = /^serial:\/\/(\/[^?]+)(?:\?(\d+)-([78])-([NEO])-([12]))?$/i;
const SOCKET = /^(tcp|rtu\+tcp):\/\/([^/:]+|\[[^\]]+\]):(\d+)(?:\?(\d+)-([78])-([NEO])-([12]))?$/i;
const DEFAULT_BAUD = '9600';

/** Reads a bus URL; wrong ones are wrong usage. */
export function busOf(url: string): BusUrl {
  const serial = SERIAL.exec(url);
  if (serial) {
    const [, path = '', ...line] = serial;
    return { transport: { kind: 'serial', path }, ...wireOf(line) };
  }
  const socket = SOCKET.exec(url);
  if (!socket)
    throw usage(
      `"${url}" is no bus: tcp://host:port, rtu+tcp://host:port or serial:///dev/…?9600-8-N-1`,
    );
  const [, scheme = '', host = '', port = '', ...line] = socket;
  const kind = scheme.toLowerCase() === 'tcp' ? 'tcp' : 'serial-tcp';
  return {
    transport: { kind, host: host.replace(/^\[|\]$/g, ''), port: Number(port) },
    ...wireOf(line),
  };
}

const wireOf = ([baud = DEFAULT_BAUD, data = '8', parity = 'N', stop = '1']: readonly (
  | string
  | undefined
)[]) => ({
  baud: Number(baud),
  format: `${data}${parity.toUpperCase()}${stop}` as SerialFormat,
});

async function readAll(
  call: Call,
  bus: BusUrl,
  addresses: readonly string[],
): Promise<readonly Sample[]> {
  const { clock, signal, language } = call;
  const driver = driverOf({ name: deviceName('read'), protocol: 'modbus' });
  const options = accept(
    modbusOptions.deviceSchema.parse({
      unit: Number(call.values.unit ?? 1),
      ...(call.values.timeout ? { timeout: call.values.timeout } : {}),
    }),
    language,
  );
  const requests = addresses.map(
    (text, index): TagRequest<unknown> => ({
      tag: {
        index,
        id: tagId('read', String(index)),
        device: deviceName('read'),
        quantity: String(index),
        unit: undefined,
        decimals: undefined,
        report: { deadband: undefined, heartbeat: undefined },
      },
      address: accept(modbusOptions.addressSchema.parse(text), language),
      scan: seconds(1),
    }),
  );
  const line = lineOf(bus, clock);
  const access = accessOf(bus.transport, line);
  const session = driver.open(options, { ...access, clock, log: silentLog, line });
  try {
    await line.connect(signal);
    const samples = new Map<string, Sample>();
    for (const group of driver.plan(options, requests, access)) {
      if (line.timing)
        await sleep(
          clock,
          'read.silence',
          between(clock.mono(), later(line.busyUntil(), line.timing.silence)),
          signal,
        );
      const reading = await session.read(group, signal);
      for (const sample of reading.samples) samples.set(sample.tag, sample);
    }
    return requests.map(({ tag }) => samples.get(tag.id) as Sample);
  } finally {
    await session.close();
    await line.close();
  }
}

function accept<T>(parsed: Parsed<T>, language: Language): T {
  if (parsed.ok) return parsed.value;
  throw usage(parsed.issues.map((issue) => issueText(issue, language)).join('; '));
}

function render(sample: Sample, address: string, call: Call): string {
  const { quality, time } = sample;
  const value = plainValue(sample.value);
  return call.values.json
    ? JSON.stringify({ address, value, quality, time })
    : `${address}  ${value ?? '—'}  ${quality}`;
}
