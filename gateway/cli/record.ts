/** `headgate record`: what went over a bus of the running gateway, as a file for Wireshark. */
import { writeFileSync } from 'node:fs';
import { exchangesOf } from '../../drivers/line/recorded-exchanges.ts';
import type { RecordingAnswer, RecordingQuestion } from '../../drivers/line/recorders.ts';
import { eventsOfJson, type Recording, settingsOfText } from '../../drivers/line/recording.ts';
import { recordingFile } from '../../drivers/line/recording-file.ts';
import { ask, socketPath } from '../health/control-socket.ts';
import { sleep } from '../host/clock.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import {
  between,
  bytes,
  later,
  type Millis,
  type MonoMs,
  millis,
  seconds,
} from '../model/units.ts';
import { durationOption } from './duration-option.ts';
import { requireSite, sitePath } from './load-site.ts';
import type { Call, Verb } from './verb.ts';

/** Often enough that a busy line does not overwrite what was not yet fetched. */
const FETCH_INTERVAL: Millis = seconds(2);
/** A recording grows in memory until it is written. */
const RECORDING_LIMIT = bytes(64 * 1024 * 1024);

export const recordVerb: Verb = {
  usage: 'headgate record <bus> [site] --out <file.pcap> [--for 30s]',
  about: {
    en: 'Writes what went over a bus of the running gateway to a capture file for Wireshark: what the gateway still remembers (some five minutes of a busy line at 9600 baud), or with --for what happens from now on. Modbus TCP is dissected at once; for a serial line choose "Decode As… RTAC Serial → Modbus RTU", or: tshark -r file.pcap -d rtacser.data,mbrtu',
    zh: '将正在运行的网关某条总线上的收发数据写成 Wireshark 可打开的抓包文件：默认写出网关仍记得的内容（9600 波特率的繁忙总线约五分钟），用 --for 则记录从现在开始的内容。Modbus TCP 可直接解析；串行总线请选择 “Decode As… RTAC Serial → Modbus RTU”，或：tshark -r file.pcap -d rtacser.data,mbrtu',
  },
  options: {
    out: {
      type: 'string',
      placeholder: 'file',
      help: { en: 'the file to write', zh: '要写入的文件' },
    },
    for: {
      type: 'string',
      placeholder: 'duration',
      help: { en: 'record from now on, this long', zh: '从现在开始记录，持续该时长' },
    },
    json: { type: 'boolean', help: { en: 'the summary as JSON', zh: '以 JSON 输出摘要' } },
  },
  examples: [
    [
      'headgate record line1 ./my-site --out line1.pcap',
      { en: 'what happened just now', zh: '刚才发生的内容' },
    ],
    [
      'headgate record line1 ./my-site --out line1.pcap --for 30s',
      {
        en: 'the next thirty seconds; Ctrl-C ends it earlier',
        zh: '接下来的 30 秒；Ctrl-C 可提前结束',
      },
    ],
  ],
  async run(call) {
    const [bus] = call.positionals;
    const { out } = call.values;
    if (bus === undefined) throw usage('name a bus of the site');
    if (typeof out !== 'string') throw usage('name the file to write: --out line1.pcap');
    const length = durationOption(call, 'record');
    const site = await requireSite(call, sitePath(call, 1));
    const source: Source = { path: socketPath(site.journal.path), bus };
    const recorded =
      length === undefined ? await past(source, call) : await future(source, length, call);
    write(out, recorded.recording);
    summarise(out, recorded, call);
    return 0;
  },
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'record', problem });

interface Source {
  /** Of the control socket. */
  readonly path: string;
  readonly bus: string;
}

interface Recorded {
  readonly recording: Recording;
  /** Entries that were overwritten before they could be fetched. */
  readonly overwritten: number;
}

type Known = Extract<RecordingAnswer, { readonly isKnown: true }>;

async function fetched({ path, bus }: Source, from: RecordingQuestion['from'], call: Call) {
  const question: RecordingQuestion = { bus, from };
  const answer = (await ask(path, 'recording', call.clock, question)) as RecordingAnswer;
  if (answer.isKnown) return answer;
  throw new GatewayError('recorder.bus-unknown', { bus, known: answer.known.join(', ') });
}

const recordingIn = ({ framing, settings, events }: Known): Recording => ({
  framing,
  settings: settingsOfText(settings),
  events: eventsOfJson(events),
});

const past = async (source: Source, call: Call): Promise<Recorded> => ({
  recording: recordingIn(await fetched(source, 0, call)),
  overwritten: 0,
});

async function future(source: Source, length: Millis, call: Call): Promise<Recorded> {
  const begin = await fetched(source, 'end', call);
  const end = later(call.clock.mono(), length);
  const events: Recording['events'][number][] = [];
  let { next } = begin;
  let overwritten = 0;
  let size = 0;
  for (let isOver = false; !isOver && size < RECORDING_LIMIT; ) {
    isOver = await nap(end, call);
    const part = await fetched(source, next, call);
    events.push(...eventsOfJson(part.events));
    overwritten += part.first - next;
    next = part.next;
    size += part.events.reduce((sum, [, , content]) => sum + content.length, 0);
  }
  return { recording: { ...recordingIn(begin), events }, overwritten };
}

/** Until the next fetch is due; whether it is the last one. */
async function nap(end: MonoMs, { clock, signal }: Call): Promise<boolean> {
  const left = between(clock.mono(), end);
  const wait = millis(Math.min(left, FETCH_INTERVAL));
  await sleep(clock, 'record.fetch', wait, signal).catch(() => {});
  return signal.aborted || left <= FETCH_INTERVAL;
}

function write(file: string, recording: Recording): void {
  try {
    writeFileSync(file, recordingFile(recording));
  } catch (cause) {
    throw new GatewayError('recorder.not-written', { file, reason: reasonOf(cause) }, cause);
  }
}

function summarise(file: string, { recording, overwritten }: Recorded, call: Call): void {
  const exchanges = exchangesOf(recording);
  const requests = exchanges.length;
  const answered = exchanges.filter(({ reply }) => reply.length > 0).length;
  const events = recording.events.length;
  if (call.values.json) {
    call.print(JSON.stringify({ file, events, requests, answered, overwritten }));
    return;
  }
  const words = {
    en: `${file}: ${requests} requests, ${answered} with an answer`,
    zh: `${file}：${requests} 个请求，${answered} 个有应答`,
  };
  call.print(words[call.language]);
  const lost = {
    en: `${overwritten} entries were overwritten before they could be fetched`,
    zh: `${overwritten} 条记录在取出前已被覆盖`,
  };
  if (overwritten > 0) call.note(lost[call.language]);
}
