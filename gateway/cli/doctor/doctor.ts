import { type Finding, isFault } from '../../health/doctor.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import { requireSite, sitePath } from '../load-site.ts';
import { isOpcuaUrl, OPCUA_FLAGS } from '../opcua/opcua-flags.ts';
import type { Call, Verb } from '../verb.ts';
import { busOf } from '../wire/bus-url.ts';
import { DEVICE_FLAGS, deviceOf } from '../wire/device-flags.ts';
import { examineBus } from './doctor-bus.ts';
import { type Examined, examineSite } from './doctor-site.ts';

export const doctorVerb: Verb = {
  usage:
    'headgate doctor [site]\n       headgate doctor <bus> [--protocol modbus] [--unit n] [--address digits]' +
    '\n       headgate doctor <opc.tcp://host:4840> [--security …] [--user name]',
  about: {
    en: 'Finds out why a bus does not work, and names the next physical step: listens first, then asks each unit, then tries other settings and protocols. Tells apart: nobody there, swapped wires, wrong baud rate or parity, an echo, a second master, an address that is there twice, answers that come too late, a gateway that cannot reach its unit, and on the network a host, a port or a unit number that is wrong. Of an OPC UA server: whether it is reached, what it offers, whether certificates and login are taken, its state and its clock. With a site it also looks at clock, disk and brokers. Writes nothing to any device. Exit code 1 when something is wrong.',
    zh: '查找总线不通的原因，并给出下一步该动手做什么：先监听，再逐台询问，最后尝试其他串口参数和协议。能区分：无设备、A/B 接反、波特率或校验错误、回显、第二个主站、地址重复、应答过迟、网关联系不到后面的设备，以及网络上的主机、端口或站号错误。对 OPC UA 服务器检查：能否到达、提供哪些安全策略、证书和登录是否被接受、其状态和时钟。指定站点时还检查时钟、磁盘和代理。不向任何设备写入。有问题时退出码为 1。',
  },
  options: {
    ...DEVICE_FLAGS,
    ...OPCUA_FLAGS,
    json: { type: 'boolean', help: { en: 'the findings as JSON', zh: '以 JSON 输出结论' } },
  },
  examples: [
    ['headgate doctor ./my-site', { en: 'everything of a site', zh: '检查整个站点' }],
    [
      'headgate doctor "serial:///dev/ttyUSB0?9600-8-N-1" --unit 3',
      { en: 'one unit on a serial line', zh: '检查串口上的一台设备' },
    ],
    [
      'headgate doctor opc.tcp://10.0.0.20:4840',
      { en: 'an OPC UA server', zh: '检查 OPC UA 服务器' },
    ],
  ],
  async run(call) {
    const [subject = ''] = call.positionals;
    const examined = subject.includes('://')
      ? examineOne(call, subject)
      : examineSite(call, await requireSite(call, sitePath(call)));
    const all: Examined[] = [];
    for await (const one of examined) {
      all.push(one);
      if (!call.values.json && one.findings.length > 0) call.print(render(one, call.language));
    }
    const hasFault = all.some(({ findings }) => findings.some(isFault));
    if (call.values.json)
      call.print(JSON.stringify({ ok: !hasFault, findings: all.flatMap(plain) }));
    else if (all.every(({ findings }) => findings.length === 0))
      call.print(call.language === 'zh' ? '未发现问题' : 'nothing is wrong');
    return hasFault ? 1 : 0;
  },
};

/** Whoever is alone on the wire, where no meter is named. */
const ANYBODY: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dlt645: { address: 'AAAAAAAAAAAA' },
  cjt188: { address: 'AAAAAAAAAAAAAA', type: 'AA' },
};

async function* examineOne(call: Call, url: string): AsyncGenerator<Examined> {
  if (isOpcuaUrl(url)) {
    const { examineNamedServer } = await import('./doctor-opcua.ts');
    yield { subject: url, findings: await examineNamedServer(call, url) };
    return;
  }
  const protocol = String(call.values.protocol ?? 'modbus');
  const bus = busOf(url, { verb: 'doctor', protocol });
  const options = { ...ANYBODY[protocol], ...(bus.ascii && { mode: 'ascii' }) };
  const device = deviceOf(call, 'doctor', { options });
  const findings = await examineBus(call, bus, [device]);
  yield { subject: url, findings };
}

const CONFIDENCE: Readonly<Record<Finding['confidence'], Readonly<Record<Language, string>>>> = {
  certain: { en: 'certain', zh: '确定' },
  likely: { en: 'likely', zh: '很可能' },
  possible: { en: 'possible', zh: '有可能' },
};

function render({ subject, findings }: Examined, language: Language): string {
  const lines = findings.flatMap((finding) => {
    const { code, confidence, details } = finding;
    const words = new GatewayError(code, details);
    const mark = isFault(finding) ? '✗' : '✓';
    const said = `  ${mark} ${CONFIDENCE[confidence][language]}: ${words.describe(language)}`;
    return isFault(finding) ? [said, `      → ${words.hint(language)}`] : [said];
  });
  return [subject, ...lines].join('\n');
}

function plain({ subject, findings }: Examined) {
  return findings.map((finding) => {
    const { code, confidence, details } = finding;
    const words = new GatewayError(code, details);
    return {
      subject,
      code,
      confidence,
      fault: isFault(finding),
      seen: { en: words.describe('en'), zh: words.describe('zh') },
      next: { en: words.hint('en'), zh: words.hint('zh') },
      details,
    };
  });
}
