/** `headgate write <tag>` against the socket of a gateway that the test plays. */
import { describe, expect, it } from 'vitest';
import { writeVerb } from '../../../gateway/cli/write/write.ts';
import type {
  CommandAnswer,
  CommandQuestion,
  CommandsQuestion,
  PlainPolicy,
  ShownTag,
} from '../../../gateway/command/command-answers.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { type AnsweringGateway, answeringGateway } from '../../support/answering-gateway.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';

const ended = disposals();
const NOW = utcMs(Date.UTC(2026, 0, 2, 8));
const minute = 60_000;
const OWNER = { origin: 'rule', by: 'press-overheat', value: 38, since: NOW - minute } as const;
const POLICY: PlainPolicy = {
  type: 'number',
  kind: 'level',
  by: ['local', 'rule'],
  min: 0,
  max: 80,
  has_interlock: false,
  settle_ms: 3000,
};
const SHOWN: ShownTag = {
  tag: 'press.speed',
  unit: 'rpm',
  value: 37.5,
  policy: POLICY,
  owner: OWNER,
  limits: [{ kind: 'slew', min: 30, max: 45 }],
};
const VERIFIED: CommandAnswer = {
  state: 'ended',
  id: 'local-7',
  tag: 'press.speed',
  outcome: 'verified',
  read_back: 40,
  took_ms: 12,
};

interface Site {
  readonly shown?: ShownTag;
  readonly answer?: (about: CommandQuestion) => unknown;
  readonly clock?: VirtualClock;
}

function site({ shown = SHOWN, answer = () => VERIFIED, clock = virtualClock(NOW) }: Site = {}) {
  const asked: CommandQuestion[] = [];
  const opened: Promise<AnsweringGateway> = answeringGateway({
    commands: (about) => {
      const { tag } = about as CommandsQuestion;
      return { tags: tag === undefined || tag === shown.tag ? [shown] : [], last: [] };
    },
    command: (about) => {
      asked.push(about as CommandQuestion);
      return answer(about as CommandQuestion);
    },
  });
  const gateway = async () => ended(await opened, ({ close }) => close());
  /** The site stands where `SITE` does. */
  const write = async (args: readonly string[], options: CallOptions = {}) => {
    const { folder } = await gateway();
    const argv = args.map((arg) => (arg === SITE ? folder : arg));
    return called({ write: writeVerb }, ['write', ...argv], { clock, ...options });
  };
  return { asked, gateway, write, clock };
}
const SITE = '<site>';
const IT = ['press.speed', '40', SITE] as const;

describe('headgate write <tag> <value>', () => {
  it('shows what is there, asks, and says what became of it', async () => {
    const { asked, write } = site();
    const { status, stdout } = await write([...IT, '--by', 'Li'], { agrees: true });
    expect(stdout.split('\n')).toEqual([
      'press.speed = 40 rpm, by Li, held for 1 h 0 min (until 09:00:00)',
      '  it holds 37.5 rpm',
      '  owner: rule press-overheat: 38 rpm, since 07:59:00, until released',
      '  may be written by local, rule; 0 to 80 rpm',
      '  ! only 30 to 45 (slew)',
      'verified: read back and equal (it holds 40 rpm)',
    ]);
    expect(status).toBe(0);
    expect(asked).toEqual([{ tag: 'press.speed', by: 'Li', value: 40, hold_ms: 3_600_000 }]);
  });

  it('does so in Chinese', async () => {
    const { write } = site();
    const { stdout } = await write([...IT, '--by', '李工', '--yes'], { language: 'zh' });
    expect(stdout.split('\n')).toEqual([
      'press.speed = 40 rpm，操作人 李工，占用 1 h 0 min（至 09:00:00）',
      '  当前值 37.5 rpm',
      '  控制方: 规则 press-overheat: 38 rpm，自 07:59:00，直至释放',
      '  允许写入：本地、规则；0 至 80 rpm',
      '  ! 只能写 30 至 45（变化速率）',
      'verified: 回读一致 (当前值 40 rpm)',
    ]);
  });

  it('hands nothing over where nobody agrees', async () => {
    const { asked, write } = site();
    const { status, stdout } = await write([...IT]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'failed: nothing was sent\nnobody agreed to send it [cli.not-confirmed]',
    );
    expect(asked).toEqual([]);
  });

  it('is the user of the machine where no name is said', async () => {
    const { asked, write } = site();
    await write([...IT, '--yes']);
    expect(asked).toEqual([expect.objectContaining({ by: expect.stringMatching(/./) })]);
  });

  it.each<[readonly string[], object, string]>([
    [['--hold', '2h'], { hold_ms: 7_200_000 }, 'held for 2 h 0 min (until 10:00:00)'],
    [
      ['--hold', '30d'],
      { hold_ms: 2_592_000_000 },
      'held for 30 d 0 h (until 2026-02-01 08:00:00)',
    ],
    [['--hold', 'released'], { hold_ms: null }, 'held until it is released'],
    [['--hold', '0s'], { hold_ms: 0 }, 'not held'],
  ])('holds as %j says', async (flags, expected, words) => {
    const { asked, write } = site();
    const { stdout } = await write([...IT, ...flags, '--yes']);
    expect(asked).toMatchObject([expected]);
    expect(stdout.split('\n')[0]).toContain(words);
  });

  it.each<[PlainPolicy['type'], string, unknown]>([
    ['flag', 'on', true],
    ['flag', '0', false],
    ['number', '-5', -5],
    ['number', '12345678901234567890', '12345678901234567890'],
    ['number', '1.5', 1.5],
    ['text', '1.50', '1.50'],
    ['any', 'true', true],
    ['any', '7', 7],
    ['any', 'closed', 'closed'],
  ])('reads a %s as typed: %s', async (type, text, value) => {
    const { asked, write } = site({ shown: { ...SHOWN, policy: { ...POLICY, type } } });
    await write(['press.speed', text, SITE, '--yes']);
    expect(asked).toMatchObject([{ value }]);
  });

  it.each([
    ['flag', 'warm', 'press.speed takes a true or false, not "warm"'],
    ['number', 'warm', 'press.speed takes a number, not "warm"'],
  ] as const)('refuses for a %s what is none: %s', async (type, text, words) => {
    const { asked, write } = site({ shown: { ...SHOWN, policy: { ...POLICY, type } } });
    const { status, stderr } = await write(['press.speed', text, SITE, '--yes']);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
    expect(asked).toEqual([]);
  });

  it('says before it asks that the tag is not for people here', async () => {
    const { write } = site({ shown: { ...SHOWN, policy: { ...POLICY, by: ['rule'] } } });
    expect((await write([...IT])).stdout).toContain('! it may not be written from here');
    expect((await write([...IT], { language: 'zh' })).stdout).toContain('! 不允许在此写入');
  });

  it('names the likely tag instead of one that cannot be written', async () => {
    const { asked, write } = site();
    const { status, stderr } = await write(['press.sped', '40', SITE, '--yes']);
    expect(status).toBe(1);
    expect(stderr).toContain('the likeliest first: press.speed;');
    expect(asked).toEqual([]);
  });

  it.each<[readonly string[]]>([
    [['press.speed']],
    [['press.speed', '1', SITE, 'more']],
    [['press.speed', SITE, 'more', '--release']],
    [['press.speed', '--release', '--hold', '1h', SITE]],
    [[...IT, '--hold', 'long']],
    [[...IT, '--hold', '31d']],
    [[...IT, '--by', ' ']],
    [[...IT, '--unit', '3']],
    [[...IT, '--allow', 'write']],
    [[...IT, '--settle', '3s']],
    [['press.speed', 'x'.repeat(5000), SITE]],
    [['tcp://127.0.0.1:1', 'holding:0', '5', '--hold', '1h']],
    [['tcp://127.0.0.1:1', 'holding:0', '5', '--release']],
    [['tcp://127.0.0.1:1', 'holding:0', '5', '--by', 'Li']],
    [['/dev/ttyS1', 'holding:0', '5']],
    [['10.0.0.5:502', 'holding:0', '5']],
  ])('does not understand %j', async (args) => {
    const { asked, write } = site({ shown: { ...SHOWN, policy: { ...POLICY, type: 'text' } } });
    expect(await write([...args, '--yes'])).toMatchObject({ status: 2 });
    expect(asked).toEqual([]);
  });
});

describe('headgate write <tag> --release', () => {
  it('asks for a release, and names who has the tag then', async () => {
    const answer: CommandAnswer = { ...VERIFIED, owner: OWNER, read_back: 38 };
    const { asked, write } = site({ answer: () => answer });
    const { status, stdout } = await write([
      'press.speed',
      SITE,
      '--release',
      '--by',
      'Li',
      '--yes',
    ]);
    expect(asked).toEqual([{ tag: 'press.speed', by: 'Li', release: true }]);
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('press.speed: release, by Li');
    expect(lines.slice(-2)).toEqual([
      'verified: it is released (it holds 38 rpm)',
      '  owner: rule press-overheat: 38 rpm, since 07:59:00, until released',
    ]);
  });

  it('is not done where what should be written instead was not', async () => {
    const answer: CommandAnswer = { ...VERIFIED, outcome: 'unknown' };
    const { write } = site({ answer: () => answer });
    const { status, stdout } = await write(['press.speed', SITE, '--release', '--yes']);
    expect(status).toBe(1);
    expect(stdout).toContain('unknown: it left');
  });
});

describe('the answer of the gateway', () => {
  const REASON = {
    code: 'command.out-of-order',
    details: { tag: 'press.speed', seconds: 3 },
  } as const;

  it.each([
    ['verified', 0],
    ['written', 0],
    ['rejected', 1],
    ['expired', 1],
    ['failed', 1],
    ['unknown', 1],
  ] as const)('%s ends with %i', async (outcome, expected) => {
    const { write } = site({ answer: () => ({ ...VERIFIED, outcome }) });
    const { status, stdout } = await write([...IT, '--yes']);
    expect(stdout).toContain(`\n${outcome}: `);
    expect(status).toBe(expected);
  });

  it('comes with the reason, the owner, the moment, and the next step', async () => {
    const { read_back: _, ...rest } = VERIFIED;
    const answer: CommandAnswer = {
      ...rest,
      state: 'ended',
      outcome: 'rejected',
      took_ms: 1,
      reason: REASON,
      owner: { ...OWNER, until: NOW + minute },
      allowed_at: NOW + minute,
    };
    const { write } = site({ answer: () => answer });
    const { stdout } = await write([...IT, '--yes']);
    const lines = stdout.split('\n').slice(5);
    expect(lines[0]).toBe('rejected: it was refused, nothing changed');
    expect(lines[1]).toContain('[command.out-of-order]');
    expect(lines[2]).toBe('  allowed at 08:01:00');
    expect(lines[3]).toBe('  owner: rule press-overheat: 38 rpm, since 07:59:00, until 08:01:00');
    expect(lines[4]).toMatch(/^ {2}→ \w/);
    const json = await write([...IT, '--yes', '--json', '--by', 'Li'], { language: 'zh' });
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      state: 'ended',
      outcome: 'rejected',
      id: 'local-7',
      tag: 'press.speed',
      value: 40,
      hold_ms: 3_600_000,
      by: 'Li',
      code: 'command.out-of-order',
      reason: expect.stringMatching(/[\u4e00-\u9fff].*\[command\.out-of-order\]/),
      hint: expect.stringMatching(/./),
      owner: { origin: 'rule', by: 'press-overheat' },
      allowed_at: NOW + minute,
    });
  });

  it('may be that it waits, and how that is taken back', async () => {
    const answer: CommandAnswer = {
      state: 'waiting',
      id: 'local-8',
      tag: 'press.speed',
      reason: REASON,
      allowed_at: NOW + minute,
    };
    const { write } = site({ answer: () => answer });
    const { status, stdout } = await write([...IT, '--yes']);
    expect(status).toBe(1);
    expect(stdout).toContain('waiting: the gateway keeps it, and writes it when it may');
    expect(stdout).toContain('allowed at 08:01:00');
    expect(stdout).toContain('→ headgate write press.speed --release takes it back');
    const chinese = await write([...IT, '--yes'], { language: 'zh' });
    expect(chinese.stdout).toContain('waiting：网关已接受，允许时自动写入');
  });
});

describe('an answer that takes its time', () => {
  /** Lets time go on until it is done; the sockets in between are real and take what they take. */
  async function meanwhile<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(millis(100));
    return done;
  }

  it('is announced after two seconds', async () => {
    const clock = virtualClock(NOW);
    let answer: ((answer: CommandAnswer) => void) | undefined;
    let hear: (() => void) | undefined;
    const heard = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const slow = site({
      clock,
      answer: () => {
        hear?.();
        return new Promise<CommandAnswer>((resolve) => {
          answer = resolve;
        });
      },
    });
    const work = slow.write([...IT, '--yes']);
    await heard;
    await clock.advance(seconds(2));
    answer?.(VERIFIED);
    const { status, stderr } = await work;
    expect(status).toBe(0);
    expect(stderr).toBe('waiting for the outcome at press.speed …');
  });

  it('that never comes leaves the outcome unknown', async () => {
    const clock = virtualClock(NOW);
    const mute = site({ clock, answer: () => new Promise(() => {}) });
    const { status, stdout } = await meanwhile(clock, mute.write([...IT, '--yes']));
    expect(status).toBe(1);
    expect(stdout).toContain('unknown: it left');
    expect(stdout).toContain('(no answer) [cli.command-unanswered]');
    expect(stdout).toContain('"headgate commands --tag press.speed" says what became of it');
  });

  it('is unknown, too, where the gateway goes before it has answered', async () => {
    const clock = virtualClock(NOW);
    let close: (() => Promise<void>) | undefined;
    const going = site({
      clock,
      answer: () => new Promise(() => void close?.()),
    });
    close = (await going.gateway()).close;
    const { status, stdout } = await going.write([...IT, '--yes', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'unknown',
      code: 'cli.command-unanswered',
    });
  });

  it('is unknown, too, where somebody does not wait for it', async () => {
    const stop = new AbortController();
    const slow = site({ answer: () => new Promise(() => stop.abort()) });
    const { status, stdout } = await slow.write([...IT, '--yes'], { signal: stop.signal });
    expect(status).toBe(1);
    expect(stdout).toContain('(interrupted) [cli.command-unanswered]');
  });

  it('is unknown, too, where the gateway fails at it', async () => {
    const failing = site({
      answer: () => {
        throw new Error('no room');
      },
    });
    const { status, stdout } = await failing.write([...IT, '--yes']);
    expect(status).toBe(1);
    expect(stdout).toContain('no room) [cli.command-unanswered]');
  });
});

describe('a gateway that cannot be asked', () => {
  it('is told with the next step, and nothing is sent', async () => {
    const { folder, close } = await answeringGateway(undefined);
    ended(close, (end) => end());
    const { status, stderr } = await called({ write: writeVerb }, ['write', 'a.b', '1', folder]);
    expect(status).toBe(1);
    expect(stderr).toContain('no gateway answers at');
    expect(stderr).toContain('[cli.not-running]\n  → start it with "headgate run <site>"');
  });

  it('and that went while somebody thought about it, too', async () => {
    const gone = site();
    const { close } = await gone.gateway();
    let isClosed: Promise<void> | undefined;
    const agrees = () => {
      isClosed = close();
      return true;
    };
    const { status, stdout } = await gone.write([...IT], { agrees });
    await isClosed;
    expect(status).toBe(1);
    expect(gone.asked).toEqual([]);
    expect(stdout).toMatch(
      /failed: nothing was sent\nno gateway answers at .* \[cli\.not-running\]/,
    );
  });
});
