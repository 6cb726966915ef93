import { ask, socketPath } from '../../health/control-socket.ts';
import { duration } from '../../host/schema.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import { type Millis, minutes } from '../../model/units.ts';
import type { ApplyAnswer, ApplyQuestion } from '../../rules/rule-reload.ts';
import { age } from '../age.ts';
import { requireSite, sitePath } from '../load-site.ts';
import type { Call, Verb } from '../verb.ts';
import { renderApplied, renderChange, renderParts } from './apply-view.ts';

/** The gateway reads and checks the site itself, and runs all tests of its rules. */
const PATIENCE: Millis = minutes(5);
/** Long enough to go to the machine and look, and no rule runs unseen for days. */
const SHORTEST_TRIAL = 1_000;
const LONGEST_TRIAL = minutes(24 * 60);

export const rulesApply: Verb = {
  usage: 'headgate rules apply [site] [--confirm-within <duration>] [--dry-run] [--force] [--json]',
  about: {
    en: '"apply" lets the running gateway of a site take the rules, templates and constants in its files, without a restart. Rules that did not change keep their state: timers, windows, latches, alarms. The site is checked and the tests of its rules are run before; where something is wrong, or more than rules changed, nothing is applied and the running rules go on. With --confirm-within the new rules run at once, and the gateway goes back to those before by itself unless "headgate rules confirm" comes in time.',
    zh: '“apply” 让正在运行的网关不重启即采用站点文件中的规则、模板和常量。未改动的规则保持其状态（定时、窗口、锁存、报警）。应用前检查站点并运行规则测试；若有错误，或改动不止规则，则不应用任何更改，原有规则继续运行。使用 --confirm-within 时新规则立即运行；若未在规定时间内执行 "headgate rules confirm"，网关会自动恢复之前的规则。',
  },
  options: {
    'confirm-within': {
      type: 'string',
      placeholder: 'duration',
      help: {
        en: 'roll back by itself unless confirmed in this time: 5m',
        zh: '未在该时间内确认则自动回退：5m',
      },
    },
    'dry-run': {
      type: 'boolean',
      help: { en: 'only show what would change', zh: '只显示将发生的变化' },
    },
    force: {
      type: 'boolean',
      help: { en: 'also while other rules are on trial', zh: '即使有规则正在试运行' },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate rules apply ./my-site --dry-run', { en: 'what would change', zh: '将发生哪些变化' }],
    [
      'headgate rules apply ./my-site --confirm-within 10m',
      { en: 'with a way back', zh: '带自动回退' },
    ],
  ],
  async run(call) {
    const question = questionOf(call);
    const site = await requireSite(call, sitePath(call), 'run');
    const path = socketPath(site.journal.path);
    const asked = (about: ApplyQuestion) =>
      ask(path, 'rules-apply', call.clock, about, PATIENCE) as Promise<ApplyAnswer>;
    const { language, values } = call;
    const planned = checked(
      await asked({ ...question, config: site.hash, dry_run: true }),
      site,
      language,
    );
    if (values['dry-run']) {
      call.print(values.json ? JSON.stringify(planned) : renderChange(planned, language));
      return 0;
    }
    if (!values.json) call.print(renderChange(planned, language));
    const applied = checked(await asked({ ...question, config: site.hash }), site, language);
    call.print(values.json ? JSON.stringify(applied) : renderApplied(applied, language));
    return 0;
  },
};

const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'rules', problem });

function questionOf({ values }: Call): ApplyQuestion {
  const within = values['confirm-within'];
  const force = values.force === true && { force: true };
  if (within === undefined) return { ...force };
  const parsed = duration().parse(within);
  if (!parsed.ok) throw wrong('--confirm-within takes a duration such as 30s, 5m, 1h');
  if (parsed.value < SHORTEST_TRIAL || parsed.value > LONGEST_TRIAL)
    throw wrong('--confirm-within takes 1s to 24h');
  return { ...force, confirm_within_ms: parsed.value };
}

type Changing = Extract<ApplyAnswer, { readonly change: unknown }>;

/** Throws where nothing was applied. */
function checked(
  answer: ApplyAnswer,
  { hash }: { readonly hash: string },
  language: Language,
): Changing {
  switch (answer.outcome) {
    case 'planned':
    case 'applied':
      return answer;
    case 'invalid':
      throw new GatewayError('cli.site-invalid', { site: hash.slice(0, 8), count: answer.count });
    case 'restart-needed':
      throw new GatewayError('rules.restart-needed', { what: renderParts(answer.what, language) });
    case 'pending':
      throw new GatewayError('rules.apply-pending', {
        config: answer.config.slice(0, 8),
        left: age(answer.left_ms),
      });
    case 'moved':
      throw new GatewayError('rules.apply-moved');
    case 'not-durable':
      throw new GatewayError('rules.apply-not-durable');
    case 'no-site':
      throw new GatewayError('rules.apply-no-site');
  }
}
