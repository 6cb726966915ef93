import { styleText } from 'node:util';
import { ask } from '../../health/control-socket.ts';
import type { WhyAnswer } from '../../health/why.ts';
import { GatewayError } from '../../model/errors.ts';
import { askedGateway, sitePath } from '../load-site.ts';
import { localStamps } from '../local-stamp.ts';
import type { Verb } from '../verb.ts';
import { renderWhy } from './why-view.ts';

export const whyVerb: Verb = {
  usage: 'headgate why <rule | alarm | activation | tag> [site]',
  about: {
    en: 'Explains what the running gateway decides: the rule in words and where it stands, what it sees at this moment with every part of its conditions (✓ true, ✗ false, ? unknown), what happens next and when, and what it did. An alarm is named by its id in "headgate alarms" (or the beginning of it), an activation as press-overheat#12; of a tag the rules are told that derive, use or write it.',
    zh: '解释正在运行的网关所作的判断：规则的内容与位置、此刻各输入值及条件每一部分的真假（✓ 真，✗ 假，? 未知）、接下来何时会发生什么，以及最近的动作。报警用 "headgate alarms" 中的编号（或其开头）表示，某次触发写作 press-overheat#12；对于点，列出计算、使用或写入它的规则。',
  },
  options: {
    json: { type: 'boolean', help: { en: 'everything, as JSON', zh: '以 JSON 输出全部内容' } },
  },
  examples: [
    [
      'headgate why press-overheat ./my-site',
      { en: 'why this rule is on, or is not', zh: '该规则为何触发或未触发' },
    ],
    [
      'headgate why press-overheat#12 ./my-site',
      { en: 'what it saw when that alarm began', zh: '该次报警触发时的情况' },
    ],
    ['headgate why 4f2a ./my-site', { en: 'an alarm of the list', zh: '列表中的某个报警' }],
  ],
  async run(call) {
    const [name, ...more] = call.positionals;
    if (name === undefined || more.length > 1)
      throw new GatewayError('cli.usage', {
        verb: 'why',
        problem: 'name one rule, alarm or tag, and the site',
      });
    const { socket: path, timezone } = await askedGateway(call, sitePath(call, 1));
    const answer = (await ask(path, 'why', call.clock, { name })) as WhyAnswer;
    if (answer.found === 'nothing') {
      const likely = answer.likely.join(', ') || '—';
      throw new GatewayError('why.unknown', { name, likely });
    }
    if (answer.found === 'several')
      throw new GatewayError('why.ambiguous', { name, names: answer.names.join(', ') });
    const { language } = call;
    const stamp = localStamps(timezone);
    call.print(
      call.values.json ? JSON.stringify(answer) : renderWhy(answer, { language, stamp, paint }),
    );
    return 0;
  },
};

/** Plain where standard output is no terminal. */
const paint = (color: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string): string =>
  styleText(color, text);
