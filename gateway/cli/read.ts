/** `headgate read`: addresses of one device, without a site. */
import type { TagRequest } from '../../drivers/driver.ts';
import { driverOf } from '../field.ts';
import { deviceName, plainValue, type Sample } from '../model/sample.ts';
import { type BusUrl, busOf } from './bus-url.ts';
import { DEVICE_FLAGS, deviceOf, type FlaggedDevice, tagAt, usage } from './device-flags.ts';
import { FieldCall, type ReadResult, withProgress } from './field-call.ts';
import { explainerOf, readFailure } from './read-failure.ts';
import type { Call, Verb } from './verb.ts';

export const readVerb: Verb = {
  usage: 'headgate read <bus> <address>… [--protocol modbus] [--unit n] [--timeout 500ms]',
  about: {
    en: 'Reads addresses of one device and prints them, one a line. The bus: tcp://host:502 (Modbus TCP), rtu+tcp://host:port or ascii+tcp://host:port (a serial line behind a serial server), serial:///dev/ttyS1?9600-8-E-1. The address: "holding:100 float32 cdab", "input:20 uint32", "coil:5", "holding:10.3", or a manual\'s number such as 40001.',
    zh: '读取一台设备的若干地址并逐行打印。总线：tcp://主机:502（Modbus TCP）、rtu+tcp://主机:端口 或 ascii+tcp://主机:端口（串口服务器）、serial:///dev/ttyS1?9600-8-E-1。地址：“holding:100 float32 cdab”、“input:20 uint32”、“coil:5”、“holding:10.3”，或手册编号如 40001。',
  },
  options: {
    ...DEVICE_FLAGS,
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
      throw usage('read', 'name a bus and at least one address');
    const protocol = String(call.values.protocol ?? 'modbus');
    const bus = busOf(url, { verb: 'read', protocol });
    const device = deviceOf(call, 'read', { options: bus.ascii ? { mode: 'ascii' } : {} });
    const how = { verb: 'read', language: call.language };
    const requests = addresses.map((text, i) => tagAt(text, i, device, how));
    return report(call, requests, bus, device, await readOnce(call, bus, device, requests));
  },
};

function readOnce(
  call: Call,
  bus: BusUrl,
  { protocol, options }: FlaggedDevice,
  requests: readonly TagRequest<unknown>[],
): Promise<ReadResult> {
  const driver = driverOf({ name: deviceName('device'), protocol });
  const reading = FieldCall.use(bus, call, (field) => {
    const groups = driver.plan(options, requests, field.access);
    return field.readAll(field.session(protocol, options), groups);
  });
  const words = { en: `asking ${bus.text} …`, zh: `正在询问 ${bus.text} …` };
  return withProgress(call, words, reading);
}

/** Prints every sample; the exit code is that of the worst. */
function report(
  call: Call,
  requests: readonly TagRequest<unknown>[],
  bus: BusUrl,
  { protocol }: FlaggedDevice,
  { samples, failures }: ReadResult,
): number {
  for (const { tag } of requests) {
    const sample = samples.get(tag.id);
    if (sample) call.print(render(sample, tag.quantity, call));
  }
  const [failed] = failures;
  if (!failed) return 0;
  const framing = bus.transport.kind === 'tcp' ? 'packets' : 'wire';
  throw readFailure(failed.reading, failed.overheard, {
    target: bus.text,
    language: call.language,
    explainer: explainerOf(protocol, { framing, ascii: bus.ascii }),
  });
}

function render(sample: Sample, address: string, call: Call): string {
  const { quality, time } = sample;
  const value = plainValue(sample.value);
  return call.values.json
    ? JSON.stringify({ address, value, quality, time })
    : `${address}  ${value ?? '—'}  ${quality}`;
}
