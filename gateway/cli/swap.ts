import { ask, socketPath } from '../health/control-socket.ts';
import type { SwapAnswer } from '../image/counters.ts';
import { GatewayError } from '../model/errors.ts';
import { requireSite, sitePath } from './load-site.ts';
import type { Verb } from './verb.ts';

export const swapVerb: Verb = {
  usage: 'headgate swap <tag> [site]',
  about: {
    en: 'Tells the running gateway of a site that the meter behind a counter was replaced or reset: the next good reading is taken as it is, and the event is stored with both values in the tag <tag>_event. Without it a new meter is found out by itself, after three readings that agree.',
    zh: '告知站点正在运行的网关：某计数器对应的表已更换或清零。下一个有效读数将直接作为新的起点，事件与新旧读数一起存入 <点名>_event。不执行此命令时，网关会在三次一致的读数后自行判定。',
  },
  options: {
    json: { type: 'boolean', help: { en: 'the answer as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    [
      'headgate swap em_1203.energy_total ./my-site',
      { en: 'the meter of flat 1203 was replaced', zh: '1203 户电表已更换' },
    ],
  ],
  async run(call) {
    const [tag] = call.positionals;
    if (tag === undefined)
      throw new GatewayError('cli.usage', { verb: 'swap', problem: 'name the tag of a counter' });
    const site = await requireSite(call, sitePath(call, 1));
    const answer = await ask(socketPath(site.journal.path), 'swap', call.clock, tag);
    const { isCounter, known } = answer as SwapAnswer;
    if (!isCounter)
      throw new GatewayError('counter.unknown', { tag, known: known.join(', ') || '-' });
    const words = {
      en: `${tag}: the next good reading is the new base`,
      zh: `${tag}：下一个有效读数将作为新的起点`,
    };
    call.print(call.values.json ? JSON.stringify({ tag, declared: true }) : words[call.language]);
    return 0;
  },
};
