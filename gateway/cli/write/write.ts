/** `headgate write`: one value to one device, shown before it goes, sent once, read back. */
import { isOpcuaUrl, OPCUA_FLAGS } from '../opcua/opcua-flags.ts';
import type { Call, Verb } from '../verb.ts';
import { ASKED_FLAGS, type AskedDevice, askedDevice, wantedTag } from '../wire/asked-device.ts';
import { PERMISSIONS, usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { onlyReadsBy } from '../wire/only-reads.ts';
import { readFailure } from '../wire/read-failure.ts';
import { isAgreed, settleOption } from './write-call.ts';
import { type OneWrite, writeOnce } from './write-once.ts';
import { typedValue } from './write-value.ts';
import { renderOutcome, renderPreview, reportFields } from './write-view.ts';

export const writeVerb: Verb = {
  usage: 'headgate write <bus> <address> <value> [--unit n] [--allow write] [--yes]',
  about: {
    en: 'Writes one value to one device: shows the exact frame and what it means, asks (or takes --yes), sends it once and never again, reads the address back where it can be read, and prints one outcome: verified (read back and equal), written (acknowledged), rejected (the device or its options said no), unknown (it left, and what became of it nobody knows: look before you repeat it), failed (it did not leave). Exit code 0 only for verified and written. Meters want what is to be written allowed: --allow write, valve, relay or clock. At an OPC UA server (opc.tcp://host:4840) it also calls a method, with its arguments as a list in JSON.',
    zh: '向一台设备写入一个值：先显示准确的报文及其含义，确认（或使用 --yes）后只发送一次、绝不重发；可读的地址会回读，并给出唯一结果：verified（回读一致）、written（设备已确认）、rejected（设备或其选项拒绝）、unknown（已发出但结果未知，重试前请先查看现场）、failed（没有发出）。只有 verified 和 written 的退出码为 0。表计需要明确许可：--allow write、valve、relay 或 clock。对 OPC UA 服务器（opc.tcp://主机:4840）还可调用方法，参数写成 JSON 列表。',
  },
  options: {
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
    yes: { type: 'boolean', help: { en: 'send it without asking', zh: '不询问，直接发送' } },
    json: {
      type: 'boolean',
      help: { en: 'the outcome as one JSON object', zh: '以一个 JSON 对象输出结果' },
    },
  },
  examples: [
    [
      'headgate write tcp://10.0.0.5:502 --unit 3 holding:100 42',
      { en: 'a register; asks first', zh: '写寄存器；先询问' },
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

/** What the call asks for. Throws `cli.usage`. */
async function wanted(call: Call): Promise<OneWrite & AskedDevice> {
  const [url, address, text, ...rest] = call.positionals;
  if (url === undefined || address === undefined || text === undefined || rest.length > 0)
    throw usage('write', 'name a bus, one address and one value');
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
