import { styleText } from 'node:util';
import type {
  AcknowledgeAnswer,
  AcknowledgeQuestion,
  AlarmsAnswer,
} from '../../alarms/alarm-desk.ts';
import { ask, socketPath } from '../../health/control-socket.ts';
import { GatewayError } from '../../model/errors.ts';
import { minutes } from '../../model/units.ts';
import { requireSite, sitePath } from '../load-site.ts';
import type { Call, Verb } from '../verb.ts';
import {
  acknowledgedFields,
  alarmFields,
  renderAcknowledged,
  renderAlarms,
} from './alarms-view.ts';

/** As the shortest key of all that is shown; less fits too many. */
const SHORTEST_KEY = 3;
/** The longest comment that a question to the gateway has room for. */
const LONGEST_COMMENT = 500;
/** A server may be asked twice, and each time has as long as its bus allows. */
const ACKNOWLEDGE_PATIENCE = minutes(3);

export const alarmsVerb: Verb = {
  usage: 'headgate alarms [site] [--ack <id> [--comment <text>]]',
  about: {
    en: 'Shows the alarms that stand: active, or not yet acknowledged by anybody, the most severe first. What is marked "last known" is from a source that cannot be heard at present. With --ack an alarm is acknowledged at the device or server that raised it. Exit code 1 when that is refused.',
    zh: '列出未消除的报警（仍处于活动状态，或尚无人确认），最严重的排在最前。标记为“最后已知”的报警，其来源目前无法通信。使用 --ack 可在产生报警的设备或服务器上确认该报警；被拒绝时退出码为 1。',
  },
  options: {
    ack: {
      type: 'string',
      placeholder: 'id',
      help: {
        en: 'acknowledge the alarm whose id begins so',
        zh: '确认编号以此开头的报警',
      },
    },
    comment: {
      type: 'string',
      placeholder: 'text',
      help: { en: 'goes with the acknowledgement', zh: '随确认一起发送的备注' },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate alarms ./my-site', { en: 'what stands', zh: '查看未消除的报警' }],
    [
      'headgate alarms ./my-site --ack 4f2a --comment "fan replaced"',
      { en: 'somebody has seen to it', zh: '确认报警并附备注' },
    ],
  ],
  async run(call) {
    const question = questionOf(call);
    const site = await requireSite(call, sitePath(call));
    const path = socketPath(site.journal.path);
    if (question) return acknowledge(call, path, question);
    const answer = (await ask(path, 'alarms', call.clock)) as AlarmsAnswer;
    call.print(
      call.values.json
        ? JSON.stringify({ alarms: answer.alarms.map(alarmFields), dropped: answer.dropped })
        : renderAlarms(answer, { language: call.language, now: call.clock.utc(), paint }),
    );
    return 0;
  },
};

function questionOf({ values }: Call): AcknowledgeQuestion | undefined {
  const { ack: alarm, comment = '' } = values;
  const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'alarms', problem });
  if (typeof alarm !== 'string') {
    if (comment !== '') throw wrong('--comment needs --ack');
    return undefined;
  }
  if (!/^[\da-f]+$/i.test(alarm) || alarm.length < SHORTEST_KEY)
    throw wrong(`--ack takes the beginning of an id, ${SHORTEST_KEY} digits or more: ${alarm}`);
  const text = String(comment);
  if (text.length > LONGEST_COMMENT) throw wrong(`a comment has ${LONGEST_COMMENT} characters`);
  return { alarm, comment: text };
}

async function acknowledge(
  call: Call,
  path: string,
  question: AcknowledgeQuestion,
): Promise<number> {
  const { clock, language } = call;
  const answer = await ask(path, 'acknowledge', clock, question, ACKNOWLEDGE_PATIENCE);
  const { matches, written } = answer as AcknowledgeAnswer;
  const [alarm] = matches;
  const id = question.alarm;
  if (alarm === undefined) throw new GatewayError('alarm.unknown', { id });
  if (written === undefined)
    throw new GatewayError('alarm.ambiguous', { id, count: matches.length });
  call.print(
    call.values.json
      ? JSON.stringify(acknowledgedFields(alarm, written, language))
      : renderAcknowledged(alarm, written, language),
  );
  return written.outcome === 'written' ? 0 : 1;
}

/** Plain where standard output is no terminal. */
const paint = (color: 'red' | 'yellow' | 'dim', text: string): string => styleText(color, text);
