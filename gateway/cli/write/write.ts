/**
 * `headgate write`: one value to a tag of the running gateway, or without a site to one device; shown before it goes, sent
 * once, read back.
 */
import { isOpcuaUrl, OPCUA_FLAGS } from '../opcua/opcua-flags.ts';
import type { Call, Verb, VerbOption, Words } from '../verb.ts';
import { ASKED_FLAGS, type AskedDevice, askedDevice, wantedTag } from '../wire/asked-device.ts';
import { PERMISSIONS, usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { onlyReadsBy } from '../wire/only-reads.ts';
import { readFailure } from '../wire/read-failure.ts';
import { isAgreed, settleOption } from './write-call.ts';
import { type OneWrite, writeOnce } from './write-once.ts';
import { isTagForm, TAG_FLAGS, writeTag } from './write-tag.ts';
import { typedValue } from './write-value.ts';
import { renderOutcome, renderPreview, reportFields } from './write-view.ts';

/** The options of either form. */
const COMMON_FLAGS = {
  yes: { type: 'boolean', help: { en: 'send it without asking', zh: '不询问，直接发送' } },
  json: {
    type: 'boolean',
    help: { en: 'the outcome as one JSON object', zh: '以一个 JSON 对象输出结果' },
  },
} as const satisfies Record<string, VerbOption>;

/** The options of a write to a device alone. */
const DEVICE_WRITE_FLAGS = {
  ...ASKED_FLAGS,
  ...OPCUA_FLAGS,
  allow: {
    type: 'string',
    placeholder: PERMISSIONS.join('|'),
    repeats: true,
    help: { en: 'what may be written to a meter', zh: '允许对表计写入的内容' },
  },
  settle: {
    type: 'string',
    placeholder: 'duration',
    help: {
      en: 'how long a read-back may differ, for a valve that travels (3s)',
      zh: '回读可暂时不一致的时间，例如阀门动作（默认 3s）',
    },
  },
} as const satisfies Record<string, VerbOption>;

const ABOUT_TAG: Words = {
  en: 'A tag: asks the running gateway of a site, over its local socket, to write it or to give it back (--release). What the site says about the tag holds: who may write it, its range, its limits, its interlock. A value is held for an hour, or as --hold says: rules and upstream do not write the tag meanwhile.',
  zh: '写点：通过本地套接字请求站点正在运行的网关写入某个点，或将其释放（--release）。站点对该点的规定均有效：谁可以写、取值范围、限制和联锁。写入的值默认占用一小时（或按 --hold），其间规则和上行不能写该点。',
};
const ABOUT_BUS: Words = {
  en: 'A bus: without a site, one value to one device, with the exact frame and what it means. Meters want what is to be written allowed: --allow write, valve, relay or clock. At an OPC UA server (opc.tcp://host:4840) it also calls a method, with its arguments as a list in JSON. Where a gateway runs, write its tags instead: it knows nothing of what goes past it.',
  zh: '写总线：无需站点，直接向一台设备写入一个值，并显示准确的报文及其含义。表计需要明确许可：--allow write、valve、relay 或 clock。对 OPC UA 服务器（opc.tcp://主机:4840）还可调用方法，参数写成 JSON 列表。现场有网关运行时请改为写点：绕过网关的写入网关并不知情。',
};
const ABOUT_BOTH: Words = {
  en: 'Both show what will happen, ask (or take --yes), send it once and never again, read it back where that can be done, and print one outcome: verified (read back and equal), written (acknowledged), rejected (refused, nothing changed), expired or failed (it did not leave), unknown (it left, and what became of it nobody knows: look before you repeat it). Exit code 0 only for verified and written.',
  zh: '两种方式都先显示将要执行的操作，确认（或使用 --yes）后只发送一次、绝不重发；可回读时会回读，并给出唯一结果：verified（回读一致）、written（设备已确认）、rejected（被拒绝，没有改变）、expired 或 failed（没有发出）、unknown（已发出但结果未知，重试前请先查看现场）。只有 verified 和 written 的退出码为 0。',
};

const inAll = (words: readonly Words[]): Words => ({
  en: words.map(({ en }) => en).join('\n\n'),
  zh: words.map(({ zh }) => zh).join('\n\n'),
});

export const writeVerb: Verb = {
  usage: [
    'headgate write <tag> <value> [site] [--hold 2h|released] [--by <name>] [--yes]',
    'headgate write <tag> --release [site]',
    'headgate write <bus> <address> <value> [--unit n] [--allow write] [--yes]',
  ].join('\n       '),
  about: inAll([ABOUT_TAG, ABOUT_BUS, ABOUT_BOTH]),
  options: { ...TAG_FLAGS, ...COMMON_FLAGS, ...DEVICE_WRITE_FLAGS },
  examples: [
    [
      'headgate write press.pump off ./my-site --hold 2h --by Li',
      { en: 'a tag of the gateway that runs; asks first', zh: '写正在运行的网关的点；先询问' },
    ],
    [
      'headgate write press.pump --release ./my-site',
      { en: 'rules may write it again', zh: '交还给规则' },
    ],
    [
      'headgate write tcp://10.0.0.5:502 --unit 3 holding:100 42',
      { en: 'a register, past any gateway; asks first', zh: '绕过网关写寄存器；先询问' },
    ],
    [
      'headgate write serial:///dev/ttyS1 --protocol cjt188 --address 78331234567890 --type water valve closed',
      { en: 'a valve; says that it wants --allow valve', zh: '水表阀门；会提示需要 --allow valve' },
    ],
    [
      'headgate write opc.tcp://10.0.0.20:4840 "call ns=2;s=Cell ns=2;s=Cell.Start" \'["P17", 80]\'',
      { en: 'a method of an OPC UA server', zh: '调用 OPC UA 服务器的方法' },
    ],
  ],
  async run(call) {
    const [url = ''] = call.positionals;
    const isTag = isTagForm(url);
    refuseStray(call, isTag ? DEVICE_WRITE_FLAGS : TAG_FLAGS, isTag ? 'a tag' : 'a bus');
    if (isTag) return writeTag(call);
    if (isOpcuaUrl(url)) return (await import('./write-opcua.ts')).writeOpcua(call);
    const write = await wanted(call);
    let frame: Uint8Array | undefined;
    const work = writeOnce(call, write, async (caught) => {
      frame = caught;
      if (!call.values.json) call.print(renderPreview(write, caught, call.language));
      return isAgreed(call);
    });
    const { text } = write.bus;
    const words = { en: `writing to ${text} …`, zh: `正在写入 ${text} …` };
    // Where somebody is asked, the time that the answer takes is theirs.
    const finished = await (call.values.yes ? withProgress(call, words, work) : work);
    const { language } = call;
    call.print(
      call.values.json
        ? JSON.stringify(reportFields(finished, { frame, ...write }, language))
        : renderOutcome(finished, language),
    );
    return finished.outcome === 'verified' || finished.outcome === 'written' ? 0 : 1;
  },
};

/** Throws `cli.usage` for an option of the other form. */
function refuseStray({ values, lists }: Call, others: object, what: string): void {
  const given = [...Object.keys(values), ...Object.keys(lists)];
  const stray = given.find((option) => Object.hasOwn(others, option));
  if (stray !== undefined) throw usage('write', `a write to ${what} has no option --${stray}`);
}

/** What the call asks for. Throws `cli.usage`. */
async function wanted(call: Call): Promise<OneWrite & AskedDevice> {
  const [url, address, text, ...rest] = call.positionals;
  if (url === undefined || address === undefined || text === undefined || rest.length > 0)
    throw usage('write', 'name a tag and a value, or a bus, one address and one value');
  const asked = await askedDevice(call, 'write', url);
  const { bus, device, explainer } = asked;
  const tag = wantedTag(address, 0, asked, { verb: 'write', language: call.language });
  const kind = device.schemas.kindOf?.(tag.address);
  const value = typedValue(text, kind);
  if (value === undefined)
    throw usage(
      'write',
      `${address} takes a ${kind === 'flag' ? 'true or false' : kind}, not "${text}"`,
    );
  const words = { target: bus.text, language: call.language, explainer };
  return {
    ...asked,
    request: { ...tag, value },
    settle: settleOption(call),
    onlyReads: onlyReadsBy(explainer),
    failureOf: (overheard) => readFailure({ outcome: 'silent', samples: [] }, overheard, words),
  };
}
