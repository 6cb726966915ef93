/** `headgate commands` against the socket of a gateway that the test plays. */
import { describe, expect, it } from 'vitest';
import { commandsVerb } from '../../../gateway/cli/commands/commands.ts';
import type {
  CommandsAnswer,
  CommandsQuestion,
  ShownTag,
} from '../../../gateway/command/command-answers.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { answeringGateway } from '../../support/answering-gateway.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';

const ended = disposals();
const NOW = utcMs(Date.UTC(2026, 0, 2, 8));
const tag = (id: string): ShownTag => ({
  tag: id,
  value: 7,
  limits: [],
  policy: { type: 'number', kind: 'level', by: ['local'], has_interlock: false, settle_ms: 3000 },
});
const LAST: CommandsAnswer['last'] = [
  {
    id: 'a',
    time: NOW,
    origin: 'local',
    by: 'li',
    tag: 'press.gone',
    value: 1,
    outcome: 'written',
  },
];

function site(tags: readonly string[], last: CommandsAnswer['last'] = []) {
  const asked: CommandsQuestion[] = [];
  const commands = (about: unknown): CommandsAnswer => {
    const question = about as CommandsQuestion;
    asked.push(question);
    const fits = (id: string) => question.tag === undefined || question.tag === id;
    return {
      tags: tags.filter(fits).map(tag),
      last: last.filter((past) => fits(past.tag)).slice(0, question.last),
    };
  };
  const headgate = async (args: readonly string[], options: CallOptions = {}) => {
    const { folder } = ended(await answeringGateway({ commands }), ({ close }) => close());
    return called({ commands: commandsVerb }, ['commands', folder, ...args], {
      clock: virtualClock(NOW),
      ...options,
    });
  };
  return { asked, headgate };
}

describe('headgate commands', () => {
  it('asks for the last twenty, and shows them in the language of the reader', async () => {
    const { asked, headgate } = site(['press.speed'], LAST);
    const english = await headgate([]);
    expect(english).toMatchObject({ status: 0, stderr: '' });
    expect(english.stdout).toContain('press.speed  7');
    expect(english.stdout).toContain('08:00:00  local   li  press.gone  1      written');
    const chinese = await headgate([], { language: 'zh' });
    expect(chinese.stdout).toContain('本地');
    expect(asked).toEqual([{ last: 20 }, { last: 20 }]);
  });

  it('hands on the tag and the number that were typed', async () => {
    const { asked, headgate } = site(['press.speed', 'press.pump']);
    const { stdout } = await headgate(['--tag', 'press.pump', '--last', '0', '--json']);
    expect(JSON.parse(stdout)).toEqual({ tags: [tag('press.pump')], last: [] });
    expect(asked).toEqual([{ tag: 'press.pump', last: 0 }]);
  });

  it('names the likely tag instead of one that cannot be written', async () => {
    const { headgate } = site(['press.speed', 'press.pump']);
    const { status, stderr } = await headgate(['--tag', 'press.pmup']);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'press.pmup cannot be written by the gateway that runs [cli.not-writable]',
    );
    expect(stderr).toContain('the likeliest first: press.pump, press.speed;');
  });

  it('still shows the commands of a tag that can be written no longer', async () => {
    const { headgate } = site(['press.speed'], LAST);
    const { status, stdout } = await headgate(['--tag', 'press.gone']);
    expect(status).toBe(0);
    expect(stdout).toContain('written');
  });

  it.each([['x'], ['-1'], ['1001'], ['1.5'], ['']])('--last %s is wrong usage', async (last) => {
    const { asked, headgate } = site([]);
    expect(await headgate(['--last', last])).toMatchObject({ status: 2 });
    expect(asked).toEqual([]);
  });

  it('says that no gateway runs', async () => {
    const { folder } = ended(await answeringGateway(undefined), ({ close }) => close());
    const { status, stderr } = await called({ commands: commandsVerb }, ['commands', folder]);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.not-running]');
    expect(stderr).toContain('headgate run <site>');
  });

  it('says that the gateway which runs is of another version', async () => {
    const { folder } = ended(await answeringGateway({}), ({ close }) => close());
    const { status, stderr } = await called({ commands: commandsVerb }, ['commands', folder]);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.question-unknown]');
  });
});
