/** `headgate sign`: one command from upstream, signed by an operator. */
import { randomUUID } from 'node:crypto';
import { commandOutcomeTopic, commandTopic } from '../../forward/topic.ts';
import { duration } from '../../host/schema.ts';
import { GatewayError } from '../../model/errors.ts';
import { type Millis, seconds } from '../../model/units.ts';
import { harmless } from '../columns.ts';
import type { Call, Verb } from '../verb.ts';
import { privateKeyIn } from './operator-key.ts';
import { completedCommand, signedCommand } from './signed-command.ts';

/** Half of what a site allows where it says nothing. */
const DEFAULT_LIFETIME = seconds(30);

export const signVerb: Verb = {
  usage: 'headgate sign <json | -> --key <file> [--for 30s]',
  about: {
    en: 'Signs a command with the private key of an operator and prints the message for the command topic of a gateway. Of the command gw, tag, value (or "release": true) and by, the name of the operator, have to be there; v, id, issued and expires are filled in where they are left out, hold_ms and counter may be added. What a gateway would not read is refused. "-" reads the command from standard input.',
    zh: '用操作员的私钥签名一个命令，并打印可发布到网关命令主题的报文。命令中必须有 gw、tag、value（或 "release": true）以及 by（操作员名称）；v、id、issued、expires 省略时自动填写，可另加 hold_ms 和 counter。网关无法读取的命令会被拒绝。"-" 表示从标准输入读取。',
  },
  options: {
    key: {
      type: 'string',
      placeholder: 'file',
      help: {
        en: 'the private key, as "headgate keys new" makes it',
        zh: '私钥文件，由 "headgate keys new" 生成',
      },
    },
    for: {
      type: 'string',
      placeholder: 'duration',
      help: {
        en: 'how long after "issued" it may still be carried out (30s)',
        zh: '从签发起的有效时间（默认 30s）',
      },
    },
  },
  examples: [
    [
      `headgate sign '{"gw":"weihai-3","tag":"press.pump","value":false,"by":"dispatch"}' --key dispatch.pem`,
      { en: 'switch a pump off from upstream', zh: '从上行关闭一台泵' },
    ],
  ],
  async run(call) {
    const [text, ...rest] = call.positionals;
    if (text === undefined || rest.length > 0) throw usage('name one command, as JSON in quotes');
    if (call.values.key === undefined) throw usage('name the file of the private key with --key');
    const lifetime = lifetimeOption(call);
    const key = await privateKeyIn(String(call.values.key));
    const written = text === '-' ? await call.input() : text;
    const now = call.clock.utc();
    const { message, request } = signedCommand(
      completedCommand(written, { id: randomUUID(), now, lifetime }),
      key,
    );
    call.print(message);
    const { gateway, id } = request;
    const [topic, outcome] = [commandTopic(gateway), commandOutcomeTopic(gateway, id)].map(
      harmless,
    );
    const words = {
      en: `publish it to ${topic}, QoS 1, not retained; the answer comes on ${outcome}`,
      zh: `发布到 ${topic}，QoS 1，不保留；结果在 ${outcome}`,
    };
    call.note(words[call.language]);
    return 0;
  },
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'sign', problem });

/** Throws `cli.usage`. */
function lifetimeOption({ values }: Call): Millis {
  if (values.for === undefined) return DEFAULT_LIFETIME;
  const parsed = duration({ min: '1s', max: '1d' }).parse(values.for);
  if (parsed.ok) return parsed.value;
  throw usage(`--for takes a time from 1s to 1d, such as 30s, not "${values.for}"`);
}
