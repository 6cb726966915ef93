import { GatewayError } from '../../model/errors.ts';
import { askedGateway, sitePath } from '../load-site.ts';
import { localStamps, shortStamps } from '../local-stamp.ts';
import type { Call, Verb } from '../verb.ts';
import { askCommands, refuse } from './asked-commands.ts';
import { renderCommands } from './commands-view.ts';

const DEFAULT_LAST = 20;
const MOST_LAST = 1_000;

export const commandsVerb: Verb = {
  usage: 'headgate commands [site] [--tag <id>] [--last n]',
  about: {
    en: 'Asks the running gateway of a site what can be written: each tag with its value now, who has a say about it (owner) and until when, what stands in the way of a write at present, and what waits. Below it the last commands, the newest first: by whom, with which outcome, and why it was not better. "headgate write <tag> <value>" writes one.',
    zh: '查询站点正在运行的网关中可写的点：当前值、控制方及其期限、目前妨碍写入的限制、等待中的命令。下方列出最近的命令（最新在前）：来源、操作者、结果与原因。写入请用 "headgate write <点> <值>"。',
  },
  options: {
    tag: {
      type: 'string',
      placeholder: 'id',
      help: { en: 'only this tag, and its commands', zh: '只看该点及其命令' },
    },
    last: {
      type: 'string',
      placeholder: 'n',
      help: {
        en: `how many of the last commands (${DEFAULT_LAST})`,
        zh: `显示最近多少条命令（默认 ${DEFAULT_LAST}）`,
      },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate commands ./my-site', { en: 'who has a say about what', zh: '各点由谁控制' }],
    [
      'headgate commands ./my-site --tag press.pump --last 5',
      { en: 'why the pump does not do what it should', zh: '泵为何不按预期动作' },
    ],
  ],
  async run(call) {
    const { clock, language, values } = call;
    const last = lastOption(call);
    const tag = values.tag === undefined ? undefined : String(values.tag);
    const { socket, timezone } = await askedGateway(call, sitePath(call));
    const answer = await askCommands(call, socket, { ...(tag !== undefined && { tag }), last });
    // A tag that could be written yesterday still has its commands.
    if (tag !== undefined && answer.tags.length + answer.last.length === 0)
      return refuse(call, socket, tag);
    const stamp = shortStamps(localStamps(timezone), clock.utc());
    call.print(values.json ? JSON.stringify(answer) : renderCommands(answer, { language, stamp }));
    return 0;
  },
};

/** Throws `cli.usage`. */
function lastOption({ values }: Call): number {
  const written = String(values.last ?? DEFAULT_LAST);
  const last = Number(written);
  if (/^\d{1,4}$/.test(written) && last <= MOST_LAST) return last;
  throw new GatewayError('cli.usage', {
    verb: 'commands',
    problem: `--last takes a number from 0 to ${MOST_LAST}, not "${written}"`,
  });
}
