/** `headgate read`: addresses of one device, without a site. */
import type { TagRequest } from '../../../drivers/driver.ts';
import { isOpcuaUrl, OPCUA_FLAGS } from '../opcua/opcua-flags.ts';
import type { Call, Verb } from '../verb.ts';
import {
  ASKED_FLAGS,
  type AskedDevice,
  askedDevice,
  profileTag,
  wantedTag,
} from '../wire/asked-device.ts';
import { usage } from '../wire/device-flags.ts';
import type { ReadResult } from '../wire/field-call.ts';
import { readFailure } from '../wire/read-failure.ts';
import { readExpected } from './read-expected.ts';
import { readIdentity } from './read-identity.ts';
import { readOnce } from './read-once.ts';
import { sampleLine } from './read-view.ts';

export const readVerb: Verb = {
  usage:
    'headgate read <bus> <address>… [--protocol modbus] [--unit n] [--profile id|file] [--expect number]',
  about: {
    en: 'Reads addresses of one device and prints them, one a line. The bus: tcp://host:502 (Modbus TCP), rtu+tcp://host:port or ascii+tcp://host:port (a serial line behind a serial server), serial:///dev/ttyS1?9600-8-E-1, dtu://0.0.0.0:port?registration=… (a DTU that dials in), opc.tcp://host:4840 (an OPC UA server). The address: "holding:100 float32 cdab", "input:20 uint32", "coil:5", "holding:10.3", or a manual\'s number such as 40001; of meters a word (forward_active_energy, volume) or a data identifier; with --profile the name of a tag, all of them when none is named; of OPC UA a node, "nsu=http://vendor/;s=Axis1" or "ns=2;s=Data [3] .pos.x", or browse names "/Objects/2:Line".',
    zh: '读取一台设备的若干地址并逐行打印。总线：tcp://主机:502（Modbus TCP）、rtu+tcp://主机:端口 或 ascii+tcp://主机:端口（串口服务器）、serial:///dev/ttyS1?9600-8-E-1、dtu://0.0.0.0:端口?registration=…（主动连接的 DTU）、opc.tcp://主机:4840（OPC UA 服务器）。地址：“holding:100 float32 cdab”、“input:20 uint32”、“coil:5”、“holding:10.3”，或手册编号如 40001；表计可用点名（forward_active_energy、volume）或数据标识；使用 --profile 时可写模板中的点名，缺省读取全部；OPC UA 写节点 “nsu=http://vendor/;s=Axis1”、“ns=2;s=Data [3] .pos.x”，或浏览名路径 “/Objects/2:Line”。',
  },
  options: {
    ...ASKED_FLAGS,
    ...OPCUA_FLAGS,
    expect: {
      type: 'string',
      placeholder: 'number',
      help: {
        en: "what the device's display shows: finds type, order, scale and address that give it",
        zh: '设备屏幕显示的数值：找出与之相符的数据类型、字节序、倍率和地址',
      },
    },
    identify: {
      type: 'boolean',
      help: {
        en: 'who a Modbus device says it is (function 43/14)',
        zh: '读取 Modbus 设备标识（功能码 43/14）',
      },
    },
    json: { type: 'boolean', help: { en: 'one JSON object a line', zh: '每行一个 JSON 对象' } },
  },
  examples: [
    [
      'headgate read tcp://10.0.0.5:502 --unit 3 "holding:100 float32 cdab"',
      { en: 'a float in a PLC', zh: '读取 PLC 中的浮点数' },
    ],
    [
      'headgate read serial:///dev/ttyUSB0?9600-8-N-1 --unit 11 40001 --expect 231.4',
      {
        en: 'what to write for the voltage on the display',
        zh: '屏幕显示 231.4 V 时应如何填写地址',
      },
    ],
    [
      'headgate read serial:///dev/ttyS1 --protocol dlt645 --address 202411110002 forward_active_energy',
      { en: 'the energy of a meter', zh: '读取电表电能' },
    ],
    [
      'headgate read opc.tcp://10.0.0.20:4840 "nsu=http://vendor/;s=Axis1.Position"',
      { en: 'a variable of an OPC UA server', zh: '读取 OPC UA 服务器的变量' },
    ],
  ],
  async run(call) {
    const [url, ...addresses] = call.positionals;
    if (url === undefined) throw usage('read', 'name a bus and at least one address');
    if (isOpcuaUrl(url)) return (await import('./read-opcua.ts')).readOpcua(call, url, addresses);
    const asked = await askedDevice(call, 'read', url);
    if (call.values.identify) return readIdentity(call, asked);
    const { expect } = call.values;
    if (typeof expect === 'string') return readExpected(call, asked, addresses, expect);
    const requests = requestsOf(call, asked, addresses);
    return report(call, requests, asked, await readOnce(call, asked, requests));
  },
};

function requestsOf(
  { language }: Call,
  asked: AskedDevice,
  addresses: readonly string[],
): readonly TagRequest<unknown>[] {
  const how = { verb: 'read', language };
  if (addresses.length > 0) return addresses.map((text, i) => wantedTag(text, i, asked, how));
  const readable = asked.profile?.tags.filter(({ access }) => access !== 'write') ?? [];
  if (readable.length === 0) throw usage('read', 'name a bus and at least one address');
  return readable.map(profileTag);
}

/** Prints every sample; throws for the first that is bad. */
function report(
  call: Call,
  requests: readonly TagRequest<unknown>[],
  { bus, explainer }: AskedDevice,
  { samples, failures }: ReadResult,
): number {
  for (const { tag } of requests) {
    const sample = samples.get(tag.id);
    if (sample) call.print(sampleLine(sample, tag, call));
  }
  const [failed] = failures;
  if (!failed) return 0;
  const asked = { target: bus.text, language: call.language, explainer };
  throw readFailure(failed.reading, failed.overheard, asked);
}
