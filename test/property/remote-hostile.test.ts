/**
 * Commands from upstream against somebody who means harm: what is executed is what somebody with the right to wanted, in time, in
 * order and once, and every message is accounted for. A long run has 100,000 messages for each of the two kinds of site.
 */
import { describe, expect, it } from 'vitest';
import { type RemoteAudit, RemoteDoor } from '../../gateway/command/remote-door.ts';
import { commandMailbox } from '../../gateway/forward/command-mailbox.ts';
import type { Mailbox } from '../../gateway/forward/mailbox.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Command, CommandEnd } from '../../gateway/model/command.ts';
import { later, millis, minutes, utcMs } from '../../gateway/model/units.ts';
import type { UpstreamRequest } from '../../gateway/model/upstream.ts';
import { SPEAKER } from '../support/forward-fixture.ts';
import {
  GATEWAY,
  HONEST,
  HostileCommands,
  type HostileMessage,
  type Intent,
  SIGNERS,
} from '../support/hostile-commands.ts';
import { cases } from '../support/long-run.ts';

const SEED = Number(process.env.SEED ?? 20_261_130);
const START = Date.UTC(2026, 0, 1);
const MAX_AGE = minutes(1);
const OUTCOME = /^headgate\/v1\/weihai-3\/cmd\/([A-Za-z0-9_-]{8,64})\/outcome$/;

/** What can be written, as the desk of the trial knows it. */
const TAGS = new Map<
  string,
  { readonly type: 'flag' | 'number'; readonly takes: (value: unknown) => boolean }
>([
  ['press.pump', { type: 'flag', takes: (value) => typeof value === 'boolean' }],
  ['oven.fan', { type: 'flag', takes: (value) => typeof value === 'boolean' }],
  ['well.pump', { type: 'flag', takes: (value) => typeof value === 'boolean' }],
  [
    'press.setpoint',
    { type: 'number', takes: (value) => typeof value === 'number' && value >= 0 && value <= 100 },
  ],
]);
const PEOPLE = [...SIGNERS, HONEST];

/** A gateway from its mailbox to its desk; the ledger outlives it. */
class Trial {
  readonly random = seededRandom(SEED);
  readonly clock = virtualClock(utcMs(START));
  readonly hostile: HostileCommands;
  readonly isSigned: boolean;
  readonly executed: Command[] = [];
  readonly wrong: string[] = [];
  readonly published: { readonly id: string; readonly message: Record<string, unknown> }[] = [];
  readonly counts = new Map<string, number>();
  /** The devices take their time. */
  isSlow = false;
  sent = 0;
  audited = 0;
  summed = 0;
  handedOver = 0;
  ended = 0;
  /** By id: what the ledger knows. */
  readonly #ledger = new Map<string, CommandEnd | undefined>();
  readonly #counters = new Map<string, number>();
  readonly #issued = new Map<string, number>();
  #last: HostileMessage | undefined;
  #life = 0;
  #box!: Mailbox;
  #door!: RemoteDoor;

  constructor(isSigned: boolean) {
    this.isSigned = isSigned;
    this.hostile = new HostileCommands(this.random, isSigned);
    this.#begin();
  }

  /** As a restart does: nothing is known but what the ledger keeps. */
  restart(): void {
    this.#box.close();
    this.#begin();
  }

  #begin(): void {
    const life = ++this.#life;
    const { clock } = this;
    const onRequest = (asked: UpstreamRequest) => {
      if (asked.about === 'refused-commands') this.#door.note(asked.refused);
      if (asked.about !== 'command') return;
      this.handedOver++;
      this.#door.take(asked.request, (reply) => {
        if (reply.state === 'ended') this.ended++;
        if (life === this.#life) this.#box.reply({ about: 'command', reply });
      });
    };
    const send = (topic: string, payload: string) => {
      const id = OUTCOME.exec(topic)?.[1];
      if (id === undefined) this.wrong.push(`published on ${topic}`);
      else this.published.push({ id, message: { ...JSON.parse(payload), life } });
    };
    this.#box = commandMailbox({
      uplink: 'cloud',
      speaker: SPEAKER,
      clock,
      log: silentLog,
      onRequest,
      send,
    });
    this.#door = new RemoteDoor({
      gateway: GATEWAY,
      policy: {
        maxAge: MAX_AGE,
        operators: new Map(
          this.isSigned
            ? PEOPLE.map(({ signer, tags }) => [signer.name, { publicKey: signer.publicKey, tags }])
            : [],
        ),
      },
      clock,
      log: silentLog,
      history: () => ({
        counters: Object.fromEntries(this.#counters),
        issued: Object.fromEntries(this.#issued),
      }),
      tag: (id) =>
        TAGS.has(id) ? { type: TAGS.get(id)?.type ?? 'any', hold: millis(0) } : undefined,
      desk: { submit: (command) => this.#submit(command) },
      recall: async (id) =>
        this.#ledger.has(id)
          ? (this.#ledger.get(id) ?? { outcome: 'unknown', tookMs: 0 })
          : undefined,
      audit: (entry) => this.#note(entry),
    });
  }

  #note(entry: RemoteAudit): void {
    if (entry.state === 'ended') {
      this.audited++;
      this.#count(entry.reason.code);
    } else
      for (const [code, count] of Object.entries(entry.counts)) {
        this.summed += count;
        this.#count(code, count);
      }
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** The desk: refuses what the tag does not take, knows its ids, and takes its time. */
  async #submit(command: Command): Promise<CommandEnd> {
    const { id, tag, wish, counter, issued, by } = command;
    if (this.#ledger.has(id))
      return { ...(this.#ledger.get(id) ?? { outcome: 'unknown', tookMs: 0 }), isRepeated: true };
    this.audited++;
    if (!TAGS.has(tag) || (wish.kind === 'write' && !TAGS.get(tag)?.takes(wish.value))) {
      this.#count('refused by the desk');
      return { outcome: 'rejected', tookMs: 0 };
    }
    this.#ledger.set(id, undefined);
    if (counter !== undefined) this.#counters.set(by, counter);
    if (issued !== undefined) this.#issued.set(tag, issued);
    this.#count('executed');
    this.#execute(command);
    const { clock } = this;
    const due = later(clock.mono(), millis(this.isSlow ? 20_000 : this.random() * 3_000));
    await new Promise<void>((resolve) => clock.at('desk', due, resolve));
    const end: CommandEnd = { outcome: 'verified', tookMs: 1 };
    this.#ledger.set(id, end);
    return end;
  }

  /** The oracle: all that has to hold of what is done, told by who made the messages. */
  #execute(command: Command): void {
    const { id, by, tag } = command;
    const about = `${this.#last?.kind} ${id} ${tag}`;
    const tags = PEOPLE.find(({ signer }) => signer.name === by)?.tags;
    const mayWrite =
      !tags || tags.includes(tag) || (tags.includes('press.*') && tag.startsWith('press.'));
    if (this.isSigned && !mayWrite) this.wrong.push(`he may not: ${about}`);
    if (this.#last?.isRetained) this.wrong.push(`it was retained: ${about}`);
    if (this.executed.some((each) => each.id === id)) this.wrong.push(`twice: ${about}`);
    const intents = this.hostile.intents.get(id)?.filter((each) => isMeant(each, command)) ?? [];
    const reasons = intents.map((intent) => this.#isUntimely(intent, command));
    if (!reasons.includes(undefined))
      this.wrong.push(`${reasons.join(', ') || 'nobody wanted it'}: ${about}`);
    this.executed.push(command);
  }

  /** Why an intent is none of now; undefined: it is. */
  #isUntimely({ issued, expires, counter }: Intent, command: Command): string | undefined {
    const { by, tag } = command;
    const now = this.clock.utc();
    const isSynced = this.clock.isSynced();
    const last = (of: (each: Command) => boolean) => this.executed.filter(of).at(-1);
    const left = isSynced ? expires - now : expires - issued;
    if (expires - issued > MAX_AGE) return 'it lives too long';
    if (isSynced && (now >= expires || issued > now + 5_000)) return 'not its time';
    if (!isSynced && !(this.isSigned && counter !== undefined)) return 'nobody knows the time';
    const mine = last((each) => each.by === by && each.counter !== undefined);
    if (this.isSigned && counter !== undefined && counter <= (mine?.counter ?? -1))
      return 'a counter of before';
    if (issued < (last((each) => each.tag === tag && each.issued !== undefined)?.issued ?? 0))
      return 'older than the one before';
    return command.expires === this.clock.mono() + left ? undefined : 'it ends at another time';
  }

  give(message: HostileMessage): void {
    this.sent++;
    this.#last = message;
    this.#box.take(message.bytes, message.isRetained);
  }

  /** Ids of which something else was said after the first end of a command that was taken. */
  contradictions(): readonly string[] {
    const said = new Map<string, { isTaken: boolean; first: unknown }>();
    return this.published.flatMap(({ id, message: { life, state, outcome } }) => {
      const key = `${life} ${id}`;
      const known = said.get(key) ?? { isTaken: false, first: undefined };
      said.set(key, known);
      if (state === 'accepted') known.isTaken = true;
      if (state === 'accepted' || !known.isTaken) return [];
      known.first ??= outcome;
      return outcome === known.first ? [] : [`${id}: ${outcome} after ${known.first}`];
    });
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

function isMeant(
  intent: Intent & { readonly release?: unknown },
  { wish, tag, by }: Command,
): boolean {
  if (intent.gw !== GATEWAY || intent.tag !== tag || intent.by !== by) return false;
  if (wish.kind === 'release') return intent.release === true;
  const value = tag === 'press.setpoint' ? Number(intent.value) : intent.value;
  return intent.release === undefined && value === wish.value;
}

async function run(isSigned: boolean, messages: number): Promise<Trial> {
  const trial = new Trial(isSigned);
  const { clock, hostile } = trial;
  while (trial.sent < messages) {
    const turn = trial.below(100);
    if (turn === 0) trial.restart();
    if (turn === 1) clock.setSynced(false);
    if (turn < 8 && turn > 2) clock.setSynced(true);
    if (turn === 2) clock.stepWallClock(utcMs(clock.utc() + trial.below(20_000)));
    if (turn > 90) await isHeard(trial);
    if (turn === 11) await isPressed(trial);
    const burst = turn === 10 ? 40 : 1;
    for (let i = 0; i < burst; i++) trial.give(hostile.next(clock.utc()));
    await clock.advance(millis(trial.below(10) < 8 ? trial.below(300) : trial.below(3_000)));
  }
  await clock.advance(millis(30_000));
  return trial;
}

/** More commands than devices that answer. */
async function isPressed(trial: Trial): Promise<void> {
  trial.isSlow = true;
  for (let i = 0; i < 40; i++) {
    trial.give(trial.hostile.next(trial.clock.utc(), 'rightful'));
    await trial.clock.advance(millis(100));
  }
  trial.isSlow = false;
}

/** When it is quiet, somebody who may gets his wish. */
async function isHeard(trial: Trial): Promise<void> {
  const { clock, hostile, executed } = trial;
  while (trial.ended < trial.handedOver) await clock.advance(millis(1_000));
  await clock.advance(millis(1_000));
  if (!trial.isSigned && !clock.isSynced()) return;
  const message = hostile.honest(clock.utc());
  trial.give(message);
  await clock.advance(millis(1));
  if (executed.at(-1)?.id !== message.id) trial.wrong.push(`not heard: ${message.id}`);
}

describe.each([
  ['signed', true],
  ['unsigned', false],
] as const)('a site with %s commands', (_, isSigned) => {
  it('executes what was wanted, once, and accounts for everything', {
    timeout: 600_000,
  }, async () => {
    const messages = cases(2_000, 100_000);
    const trial = await run(isSigned, messages);
    const { wrong, sent, audited, summed, handedOver, counts, executed } = trial;
    const seen = `seed ${SEED}: ${sent} messages, ${JSON.stringify(Object.fromEntries(counts))}`;
    expect(wrong, seen).toEqual([]);
    expect(audited + summed, seen).toBe(sent);
    expect(new Set(executed.map(({ id }) => id)).size, seen).toBe(executed.length);
    expect(executed.length, seen).toBeGreaterThan(messages / 50);
    expect(trial.ended, seen).toBe(handedOver);
    const contradictions = trial.contradictions();
    expect(contradictions, seen).toEqual([]);
    const met = [
      ...[
        'command.form',
        'command.too-large',
        'command.too-fast',
        'command.retained',
        'command.wrong-gateway',
      ],
      ...[
        'command.id',
        'command.stale',
        'command.ahead',
        'command.lifetime',
        'command.out-of-order',
      ],
      ...[
        'command.repeated',
        'command.clock-unsynced',
        'command.too-many-open',
        'executed',
        'refused by the desk',
      ],
      ...(isSigned
        ? [
            'command.unsigned',
            'command.operator-unknown',
            'command.signature',
            'command.operator-tag',
            'command.counter',
          ]
        : ['command.operator-unknown']),
    ];
    for (const what of met) expect(counts.get(what) ?? 0, `${what}; ${seen}`).toBeGreaterThan(0);
  });
});
