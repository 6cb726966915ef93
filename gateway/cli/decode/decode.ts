/** `headgate decode`: what the bytes of a frame mean, for people and for programs. */
import { EXPLAINERS as OF_DRIVERS } from '../../../drivers/explainers.ts';
import type { Explainer, Explanation } from '../../../drivers/explanation.ts';
import { byLikeness } from '../../host/likeness.ts';
import { printable } from '../../host/quoted.ts';
import type { Call, Verb } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';
import { profilesNamed } from '../wire/profile-flag.ts';
import { MOST_BYTES, pastedBytes } from './decode-input.ts';
import { profileFields, profileReadings, registerRead } from './decode-profiles.ts';
import { renderExplanation } from './decode-view.ts';
import { hj212Explainer } from './explain-hj212.ts';
import { sparkplugExplainer } from './explain-sparkplug.ts';

const EXPLAINERS = new Map([
  ...OF_DRIVERS,
  ...[hj212Explainer, sparkplugExplainer].map((one) => [one.protocol, one] as const),
]);
const PROTOCOLS = [...EXPLAINERS.keys()];

export const decodeVerb: Verb = {
  usage: 'headgate decode <protocol> <hex>… [--json] [--profile id]',
  about: {
    en: `Explains frames: what each byte means, then the values. Protocols: ${PROTOCOLS.join(', ')}. Bytes are taken as they are pasted: "01 03 …", "0x01, 0x03", lines of a log with TX, RX and arrows; a request and its reply one behind the other; Modbus ASCII and HJ 212 as text; standard input with "-". A reply is judged by the request before it. A frame that is refused ends with exit code 1.`,
    zh: `解释报文：先说明每个字节的含义，再给出数值。协议：${PROTOCOLS.join('、')}。字节可原样粘贴：“01 03 …”、“0x01, 0x03”、带 TX、RX 和箭头的日志行；请求与应答可先后给出；Modbus ASCII 和 HJ 212 可直接写文本；“-” 表示从标准输入读取。应答按其前面的请求来判断。报文无效时退出码为 1。`,
  },
  options: {
    json: {
      type: 'boolean',
      help: {
        en: 'the values as one JSON object; {"reject": reason} for a frame that is refused',
        zh: '以一个 JSON 对象输出数值；无效报文输出 {"reject": 原因}',
      },
    },
    profile: {
      type: 'string',
      placeholder: 'id|file',
      help: {
        en: 'read registers as this model of device has them, or a file of your own; all known models are tried when left out',
        zh: '按该设备模板或自己的文件解释寄存器；缺省时尝试所有内置模板',
      },
    },
  },
  examples: [
    [
      'headgate decode modbus-rtu "TX 01 04 00 01 00 02 20 0B RX 01 04 04 01 1D 02 7F 2A FE"',
      { en: 'a request and its reply', zh: '一次请求与应答' },
    ],
    [
      'headgate decode dlt645 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16',
      { en: "a meter's answer", zh: '电表的应答' },
    ],
    ['headgate decode cjt188 - --json < frames.txt', { en: 'from a file', zh: '从文件读取' }],
  ],
  async run(call) {
    const [protocol, ...texts] = call.positionals;
    const explainer = explainerNamed(protocol);
    const bytes = await bytesOf(call, explainer, texts);
    const explanation = await withProfiles(call, explainer.explain(bytes));
    if (call.values.json) {
      const { ok } = explanation;
      call.print(JSON.stringify(ok ? explanation.fields : rejection(explanation)));
      return ok ? 0 : 1;
    }
    call.print(renderExplanation(bytes, explanation, call.language));
    return explanation.ok ? 0 : 1;
  },
};

/** A CRC says nothing of where the damage is, so that the bytes are all there is: `raw`. */
const rejection = ({ reject }: { readonly reject: string }) =>
  reject === 'crc' ? { reject, raw: true } : { reject };

/** The explanation, with what the known models of device make of its registers. */
async function withProfiles(call: Call, explanation: Explanation): Promise<Explanation> {
  const { profile: wanted } = call.values;
  const read = explanation.ok ? registerRead(explanation.fields) : undefined;
  if (wanted === undefined && !read) return explanation;
  const profiles = await profilesNamed(call, 'decode');
  if (!explanation.ok || !read) return explanation;
  const readings = profileReadings(read, profiles);
  const forced = wanted === undefined ? undefined : (readings[0]?.fields ?? {});
  return {
    ...explanation,
    fields: { ...explanation.fields, ...(forced ?? profileFields(readings)) },
  };
}

function explainerNamed(protocol: string | undefined): Explainer {
  if (protocol === undefined) throw usage('decode', `name a protocol: ${PROTOCOLS.join(', ')}`);
  const explainer = EXPLAINERS.get(protocol);
  if (explainer) return explainer;
  const known = byLikeness(protocol, PROTOCOLS).join(', ');
  throw usage('decode', `"${printable(protocol)}" is none of the protocols: ${known}`);
}

async function bytesOf(
  call: Call,
  { protocol }: Explainer,
  texts: readonly string[],
): Promise<Uint8Array> {
  const written = texts.length === 1 && texts[0] === '-' ? await call.input() : texts.join(' ');
  const pasted = pastedBytes(written, protocol);
  if ('strange' in pasted)
    throw usage(
      'decode',
      `"${printable(pasted.strange)}" is no byte: hexadecimal digits in pairs, at most ${MOST_BYTES} bytes`,
    );
  if (pasted.bytes.length > 0) return pasted.bytes;
  throw usage('decode', 'there are no bytes: write them as "01 03 00 00 00 02 C4 0B"');
}
