import { styleText } from 'node:util';
import type {
  AcknowledgeAnswer,
  AcknowledgeQuestion,
  AlarmsAnswer,
  ShelveAnswer,
  ShelveQuestion,
  ShownAlarm,
} from '../../alarms/alarm-desk.ts';
import { ask } from '../../health/control-socket.ts';
import { duration } from '../../host/schema.ts';
import { GatewayError } from '../../model/errors.ts';
import { type Millis, minutes } from '../../model/units.ts';
import { askedGateway, sitePath } from '../load-site.ts';
import { namedPerson, userOfMachine } from '../person.ts';
import type { Call, Verb } from '../verb.ts';
import { type Answer, ruledAnswer, shelvedAnswer, writtenAnswer } from './alarm-answers.ts';
import { alarmFields, renderAlarms } from './alarms-view.ts';

/** As the shortest key of all that is shown; less fits too many. */
const SHORTEST_KEY = 3;
/** The longest comment that a question to the gateway has room for. */
const LONGEST_COMMENT = 500;
/** A server may be asked twice, and each time has as long as its bus allows. */
const ACKNOWLEDGE_PATIENCE = minutes(3);

export const alarmsVerb: Verb = {
  usage:
    'headgate alarms [site] [--ack <id> | --shelve <id> --for <time> | --unshelve <id>] [--comment <text>] ' +
    '[--by <name>]',
  about: {
    en: 'Shows the alarms that stand: active, or not yet acknowledged by anybody, the most severe first; and those that are shelved. What is marked "last known" is from a source that cannot be heard at present. With --ack an alarm is acknowledged at the rule, device or server that raised it. With --shelve the alarm of a rule is put aside for 1 min to 24 h. Exit code 1 when that is refused.',
    zh: '列出未消除的报警（仍处于活动状态，或尚无人确认），最严重的排在最前；并列出已搁置的报警。标记为“最后已知”的报警，其来源目前无法通信。使用 --ack 可在产生报警的规则、设备或服务器上确认该报警。使用 --shelve 可将规则产生的报警搁置 1 分钟至 24 小时。被拒绝时退出码为 1。',
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
    shelve: {
      type: 'string',
      placeholder: 'id',
      help: { en: 'put the alarm of a rule aside for a while', zh: '暂时搁置规则产生的报警' },
    },
    for: {
      type: 'string',
      placeholder: 'time',
      help: { en: 'how long it is shelved: 30m, 8h', zh: '搁置多长时间：30m、8h' },
    },
    unshelve: {
      type: 'string',
      placeholder: 'id',
      help: { en: 'shelve it no longer', zh: '取消搁置' },
    },
    comment: {
      type: 'string',
      placeholder: 'text',
      help: { en: 'goes with it', zh: '随操作一起记录的备注' },
    },
    by: {
      type: 'string',
      placeholder: 'name',
      help: {
        en: 'who does it; the user of this machine when left out',
        zh: '操作人；省略时为本机用户',
      },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate alarms ./my-site', { en: 'what stands', zh: '查看未消除的报警' }],
    [
      'headgate alarms ./my-site --ack 4f2a --by Li --comment "fan replaced"',
      { en: 'somebody has seen to it', zh: '确认报警并附备注' },
    ],
    [
      'headgate alarms ./my-site --shelve 4f2a --for 8h --by Li',
      { en: 'it is known, and quiet until the next shift', zh: '已知晓，下一班之前不再提示' },
    ],
  ],
  async run(call) {
    const wish = wishOf(call);
    const { socket: path } = await askedGateway(call, sitePath(call));
    if (wish) return fulfil(call, path, wish);
    const answer = (await ask(path, 'alarms', call.clock)) as AlarmsAnswer;
    call.print(
      call.values.json
        ? JSON.stringify({ alarms: answer.alarms.map(alarmFields), dropped: answer.dropped })
        : renderAlarms(answer, { language: call.language, now: call.clock.utc(), paint }),
    );
    return 0;
  },
};

type Wish =
  | { readonly kind: 'acknowledge'; readonly question: AcknowledgeQuestion }
  | { readonly kind: 'shelve'; readonly question: ShelveQuestion };

const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'alarms', problem });

/** Undefined: the list is wanted. */
function wishOf(call: Call): Wish | undefined {
  const { values } = call;
  const wishes = (['ack', 'shelve', 'unshelve'] as const).filter(
    (name) => values[name] !== undefined,
  );
  const [wish] = wishes;
  if (wishes.length > 1) throw wrong(`--${wishes.join(' and --')} do not go together`);
  if (values.for !== undefined && wish !== 'shelve') throw wrong('--for needs --shelve');
  if (wish === undefined) {
    const left = ['comment', 'by'].find((name) => values[name] !== undefined);
    if (left) throw wrong(`--${left} needs --ack, --shelve or --unshelve`);
    return undefined;
  }
  const question = { alarm: idOf(wish, values[wish]), ...personOf(call) };
  if (wish === 'ack') return { kind: 'acknowledge', question };
  if (wish === 'unshelve') return { kind: 'shelve', question };
  return { kind: 'shelve', question: { ...question, for_ms: lengthOf(values.for) } };
}

function idOf(wish: string, id: unknown): string {
  if (typeof id !== 'string' || !/^[\da-f]+$/i.test(id) || id.length < SHORTEST_KEY)
    throw wrong(`--${wish} takes the beginning of an id, ${SHORTEST_KEY} digits or more: ${id}`);
  return id;
}

function personOf({ values }: Call) {
  const comment = String(values.comment ?? '');
  if (comment.length > LONGEST_COMMENT) throw wrong(`a comment has ${LONGEST_COMMENT} characters`);
  const by = namedPerson({ values }, 'alarms');
  return by === undefined ? { comment, user: userOfMachine() } : { comment, by };
}

function lengthOf(text: unknown): Millis {
  const parsed = duration().parse(text);
  if (parsed.ok) return parsed.value;
  throw wrong('--shelve needs --for with a duration such as 8h, 30m');
}

async function fulfil(call: Call, path: string, { kind, question }: Wish): Promise<number> {
  const { clock, values } = call;
  const reply = await ask(path, kind, clock, question, ACKNOWLEDGE_PATIENCE);
  const { matches } = reply as AcknowledgeAnswer | ShelveAnswer;
  const [alarm] = matches;
  const id = question.alarm;
  if (alarm === undefined) throw new GatewayError('alarm.unknown', { id });
  if (matches.length > 1) throw new GatewayError('alarm.ambiguous', { id, count: matches.length });
  const answer = answerOf(alarm, reply as AcknowledgeAnswer & ShelveAnswer, call);
  if (answer === undefined) throw new GatewayError('alarm.unknown', { id });
  call.print(values.json ? JSON.stringify(answer.fields) : answer.text);
  return answer.isDone ? 0 : 1;
}

function answerOf(
  alarm: ShownAlarm,
  { written, ruled, outcome }: AcknowledgeAnswer & ShelveAnswer,
  { language, values }: Call,
): Answer | undefined {
  if (written) return writtenAnswer(alarm, written, language);
  if (ruled) return ruledAnswer(alarm, ruled, language);
  return outcome && shelvedAnswer(alarm, outcome, String(values.for ?? ''), language);
}

/** Plain where standard output is no terminal. */
const paint = (color: 'red' | 'yellow' | 'dim', text: string): string => styleText(color, text);
