/** `headgate receive`: what a cloud does with the messages of gateways, to be used as it is or copied. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { BrokerConfig } from '../../../config/site.ts';
import { sleep } from '../../host/clock.ts';
import { systemRandom } from '../../host/random.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { type Millis, seconds } from '../../model/units.ts';
import { Receiver } from '../../receive/receiver.ts';
import { reportOf } from '../../receive/report.ts';
import { ReceiveStore } from '../../receive/store.ts';
import { durationOption } from '../duration-option.ts';
import { mqttVersion } from '../mqtt-version.ts';
import type { Call, Verb } from '../verb.ts';
import { progressLine, renderReport, renderSummary } from './receive-view.ts';
import { storeToRead, storeToWrite } from './target-store.ts';

export const receiveVerb: Verb = {
  usage:
    'headgate receive <broker>… [--mqtt 3.1.1] [--qos 0] [--to <store>] [--group <name>] [--topic <filter>]… ' +
    '[--client-id <id>] [--history] [--username <name> --password-file <file>] ' +
    '[--ca <pem>] [--cert <pem> --key <pem>] [--for 20s] [--json]\n' +
    '       headgate receive --report [--to <store>] [--json]',
  about: {
    en: 'Receives what gateways publish, and stores each block once: drops repeats, finds holes and asks the gateway for them, keeps gaps, days and corrections of clocks. A message is acknowledged only after it is stored, to the broker and to gateways with "ack: receiver". Several receivers of one group share the work; with PostgreSQL they share one store. Runs until Ctrl-C. With --report it tells what of each day is there; exit code 1 when something is missing. The tables, and how to write your own receiver: docs/receive.md',
    zh: '接收网关发布的数据，每个块只存一次：去除重复，发现缺块并向网关请求补发，记录缺口、日链值与时钟修正。保存之后才确认：既向代理，也向设置了 "ack: receiver" 的网关。同组的多个接收器分担工作，使用 PostgreSQL 时共用一个库。按 Ctrl-C 结束。--report 列出每天的完整情况，有缺失时退出码为 1。表结构以及如何自己编写接收器，见 docs/receive.zh-CN.md',
  },
  options: {
    to: {
      type: 'string',
      placeholder: 'store',
      help: {
        en: 'sqlite:<file>, ndjson:<folder> or postgres://<user>@<host>/<database> (sqlite:received.db)',
        zh: 'sqlite:<文件>、ndjson:<目录> 或 postgres://<用户>@<主机>/<库>（默认 sqlite:received.db）',
      },
    },
    mqtt: {
      type: 'string',
      placeholder: 'version',
      help: {
        en: '5 or 3.1.1 (5). 3.1.1 has no groups: each receiver gets all that its --topic says',
        zh: '5 或 3.1.1（默认 5）。3.1.1 没有分组：每个接收器收到其 --topic 的全部数据',
      },
    },
    qos: {
      type: 'string',
      placeholder: '0|1',
      help: {
        en: 'of the subscriptions (1). 0 is for gateways with "ack: receiver" only: they send again what is lost, and the broker needs no queue for this receiver',
        zh: '订阅的 QoS（默认 1）。0 仅用于设置了 "ack: receiver" 的网关：丢失的由网关重发，代理无需为本接收器排队',
      },
    },
    group: {
      type: 'string',
      placeholder: 'name',
      help: {
        en: 'receivers of one group share the blocks among them (headgate)',
        zh: '同组的接收器分担数据块（默认 headgate）',
      },
    },
    topic: {
      type: 'string',
      placeholder: 'filter',
      repeats: true,
      help: {
        en: 'where blocks come, for uplinks with a topic of their own (headgate/v1/+/+/+); several times for several',
        zh: '数据块的主题过滤器，用于自定义主题的上行（默认 headgate/v1/+/+/+），可多次给出',
      },
    },
    'client-id': {
      type: 'string',
      placeholder: 'id',
      help: {
        en: 'a name of its own: the broker keeps for seven days what comes while this receiver is away',
        zh: '本接收器的固定标识：离线期间代理为其保留消息，最长七天',
      },
    },
    history: {
      type: 'boolean',
      help: {
        en: 'ask gateways also for blocks from before this receiver was there, as far as their journals have them',
        zh: '同时请求接收器启用之前的数据块，以网关日志库中仍有的为限',
      },
    },
    username: {
      type: 'string',
      placeholder: 'name',
      help: { en: 'the user at the broker', zh: '代理用户名' },
    },
    'password-file': {
      type: 'string',
      placeholder: 'file',
      help: { en: 'the file with the password', zh: '密码文件' },
    },
    ca: {
      type: 'string',
      placeholder: 'pem',
      help: { en: 'who signed the certificate of the broker', zh: '签发代理证书的 CA' },
    },
    cert: {
      type: 'string',
      placeholder: 'pem',
      help: { en: 'the certificate of this receiver', zh: '本接收器的证书' },
    },
    key: {
      type: 'string',
      placeholder: 'pem',
      help: { en: 'and its key', zh: '及其私钥' },
    },
    for: {
      type: 'string',
      placeholder: 'duration',
      help: { en: 'end after this time: 20s, 5m', zh: '运行时长，例如 20s、5m' },
    },
    report: {
      type: 'boolean',
      help: {
        en: 'what of each gateway and day is stored, gone or missing; also while receivers run',
        zh: '列出每个网关每天已存、已失、缺失的块数；接收器运行时也可使用',
      },
    },
    json: { type: 'boolean', help: { en: 'the summary as JSON', zh: '以 JSON 输出摘要' } },
  },
  examples: [
    [
      'headgate receive mqtt://127.0.0.1',
      { en: 'into received.db, until Ctrl-C', zh: '写入 received.db，按 Ctrl-C 结束' },
    ],
    [
      'headgate receive mqtts://broker.example --to postgres://headgate@db.example/plant --client-id receiver-1',
      { en: 'one of several that share a database', zh: '多个接收器共用一个数据库' },
    ],
    [
      'headgate receive --report --to sqlite:received.db',
      { en: 'whether each day is complete', zh: '每天的数据是否完整' },
    ],
  ],
  run: (call) => (call.values.report ? report(call) : receive(call)),
};

const PROGRESS_EVERY = seconds(10);
const OPEN_AGAIN = seconds(2);
const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'receive', problem });

async function report(call: Call): Promise<number> {
  if (call.positionals.length > 0) throw usage('--report asks the store, not a broker');
  const db = await storeToRead(call);
  try {
    const journals = await reportOf(db);
    call.print(call.values.json ? JSON.stringify(journals) : renderReport(journals, call.language));
    return journals.every(({ days }) => days.every(({ isComplete }) => isComplete)) ? 0 : 1;
  } finally {
    await db.close();
  }
}

async function receive(call: Call): Promise<number> {
  const [config, fallback] = await brokersOf(call);
  const length = durationOption(call, 'receive');
  const group = String(call.values.group ?? 'headgate');
  if (!/^[\w.-]{1,64}$/.test(group)) throw usage('--group: letters, digits, _, . and -');
  const qos = qosOf(call);
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  const db = await storeToWrite(call);
  try {
    const store = new ReceiveStore({ db, wantsHistory: call.values.history === true });
    const tell = teller(call);
    await opened(store, call, tell, signal);
    const receiver = new Receiver({
      ...{ store, config, fallback, qos, group, clock: call.clock, random: systemRandom },
      isLasting: call.values['client-id'] !== undefined,
      topics: call.lists.topic ?? ['headgate/v1/+/+/+'],
      receiver: randomBytes(6).toString('hex'),
      onTrouble: tell,
    });
    if (length !== undefined) void ended(call, length, signal).then(() => stop.abort());
    void showProgress(call, receiver, signal);
    await receiver.run(signal);
    const facts = receiver.facts();
    call.print(
      call.values.json
        ? JSON.stringify({ store: db.name, ...facts, rejection: facts.rejection?.message })
        : renderSummary(db.name, facts, call.language),
    );
    return 0;
  } finally {
    await db.close();
  }
}

function qosOf({ values }: Call): 0 | 1 {
  const { qos = '1', 'client-id': name } = values;
  if (qos !== '0' && qos !== '1') throw usage('--qos: 0 or 1');
  if (qos === '0' && name !== undefined)
    throw usage('--client-id needs QoS 1: with QoS 0 the broker keeps nothing');
  return qos === '0' ? 0 : 1;
}

/** A database that is away is waited for; one that cannot be used is not. */
async function opened(
  store: ReceiveStore,
  { clock }: Call,
  tell: ReturnType<typeof teller>,
  signal: AbortSignal,
): Promise<void> {
  for (;;)
    try {
      return await store.open();
    } catch (error) {
      const isAway = error instanceof GatewayError && error.code === 'receive.store-away';
      if (!isAway || signal.aborted) throw error;
      tell(error);
      await sleep(clock, 'receive.open', OPEN_AGAIN, signal);
    }
}

const ended = (call: Call, length: Millis, signal: AbortSignal): Promise<void> =>
  sleep(call.clock, 'receive.end', length, signal).catch(() => {});

async function showProgress(call: Call, receiver: Receiver, signal: AbortSignal): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    await sleep(call.clock, 'receive.progress', PROGRESS_EVERY, signal).catch(() => {});
    const line = progressLine(receiver.facts(), call.language);
    if (signal.aborted || line === last) continue;
    last = line;
    call.note(line);
  }
}

/** Tells what is wrong once, until it is over or something else is. */
function teller({ note, language }: Call): (error: GatewayError | undefined) => void {
  let told: string | undefined;
  return (error) => {
    const text = error && `${error.describe(language)}\n  → ${error.hint(language)}`;
    if (text === told) return;
    told = text;
    note(text ?? (language === 'zh' ? '已恢复' : 'it works again'));
  };
}

/** The first broker, and the further ones of its cluster. */
async function brokersOf({
  positionals,
  values,
}: Call): Promise<readonly [BrokerConfig, readonly string[]]> {
  const [first, ...fallback] = positionals;
  if (first === undefined) throw usage('name a broker: mqtt://127.0.0.1');
  for (const url of positionals) {
    if (!/^mqtts?:\/\//.test(url) || !URL.canParse(url)) throw usage(`${url}: mqtt:// or mqtts://`);
    const isOpen = new URL(url).password === '';
    if (!isOpen) throw usage('a password belongs into a file: --password-file');
  }
  const version = mqttVersion(values.mqtt);
  if (version === undefined) throw usage('--mqtt takes 5 or 3.1.1');
  const isGrouped = values.group !== undefined;
  if (version === 4 && isGrouped) throw usage('--group needs MQTT 5');
  const path = (option: string) =>
    values[option] === undefined ? undefined : resolve(String(values[option]));
  const passwordFile = path('password-file');
  const password =
    passwordFile === undefined
      ? undefined
      : await readFile(passwordFile, 'utf8').catch((error: unknown) => {
          throw usage(`--password-file: ${reasonOf(error)}`);
        });
  const own = `headgate-receive-${hostname()}-${randomBytes(4).toString('hex')}`;
  const config: BrokerConfig = {
    ...{ url: first, version, keepalive: seconds(30) },
    clientId: String(values['client-id'] ?? own),
    username: values.username === undefined ? undefined : String(values.username),
    password: password?.trimEnd(),
    ...{ ca: path('ca'), clientCert: path('cert'), clientKey: path('key') },
  };
  return [config, fallback];
}
