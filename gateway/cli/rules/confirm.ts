import { ask } from '../../health/control-socket.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ConfirmAnswer } from '../../rules/rule-reload.ts';
import { askedGateway, sitePath } from '../load-site.ts';
import type { Verb } from '../verb.ts';

export const rulesConfirm: Verb = {
  usage: 'headgate rules confirm [site] [--json]',
  about: {
    en: '"confirm" keeps the rules that were applied with --confirm-within.',
    zh: '“confirm” 保留以 --confirm-within 应用的规则。',
  },
  options: { json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } } },
  examples: [['headgate rules confirm ./my-site', { en: 'keep the new rules', zh: '保留新规则' }]],
  async run(call) {
    const { socket: path } = await askedGateway(call, sitePath(call));
    const answer = (await ask(path, 'rules-confirm', call.clock)) as ConfirmAnswer;
    if (answer.outcome === 'nothing-pending') throw new GatewayError('rules.nothing-pending');
    const config = answer.config.slice(0, 8);
    const words = { en: `confirmed: rules ${config} stay`, zh: `已确认：保留规则 ${config}` };
    call.print(call.values.json ? JSON.stringify(answer) : words[call.language]);
    return 0;
  },
};
