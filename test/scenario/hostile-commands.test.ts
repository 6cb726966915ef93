/**
 * A hostile hour for the whole gateway: a process, a real broker, a plant that remembers every write. Floods, forgeries,
 * repeats, look-alikes, cut connections and kills; in between people who may command, a rule and somebody at the box, who get
 * what they want. No write is without somebody who wanted it, none comes twice, and every message is accounted for.
 */
import { expect, it } from 'vitest';
import { kernelNow } from '../../gateway/host/boot.ts';
import {
  ACTS,
  type Act,
  type Hour,
  OWNING_ACTS,
  undisturbed,
  whileKilled,
} from '../support/hostile-acts.ts';
import { breaches, isRemote } from '../support/hostile-laws.ts';
import { type HostileSite, REGISTERS, SAFE_KEPT } from '../support/hostile-site.ts';
import { type HostileTrial, startHostileTrial } from '../support/hostile-trial.ts';
import { cases } from '../support/long-run.ts';
import { describeWith } from '../support/real-parts.ts';

const SEED = Number(process.env.SEED ?? 20_261_205);
/** For each of the two sites, about. */
const MESSAGES = cases(300, 100_000);
/** How often every act is played. */
const ROUNDS = cases(1, 25);
/** Most of them come in floods: what comes slower is ten a second. */
const FLOOD = Math.ceil((MESSAGES * 0.9) / (2.25 * ROUNDS));
const PATIENCE_MS = 120_000 + ROUNDS * 60_000;

const SITES: readonly (readonly [string, HostileSite])[] = [
  ['signed commands over MQTT 5', { isSigned: true, version: '5' }],
  ['commands that nobody signs, over MQTT 3.1.1', { isSigned: false, version: '3.1.1' }],
];
/** Why messages came to nothing; each has to have been met. */
const MET = [
  ...['form', 'too-large', 'too-fast', 'retained', 'wrong-gateway', 'id', 'stale', 'ahead'],
  ...['lifetime', 'out-of-order', 'repeated', 'value-range', 'value-unlisted', 'value-type'],
  ...['tag-unknown', 'origin', 'owned', 'interval', 'hourly', 'expired', 'operator-unknown'],
];
const MET_SIGNED = ['unsigned', 'signature', 'operator-tag', 'counter'];

describeWith(['mosquitto'], `a hostile hour (seed ${SEED})`, () => {
  it.concurrent.for(SITES)(
    'for %s: nothing that nobody wanted, nothing twice, all told',
    {
      timeout: PATIENCE_MS,
    },
    async ([, site], { onTestFinished }) => {
      const trial = await startHostileTrial(site, SEED, (part, dispose) => {
        onTestFinished(async () => void (await dispose(part)));
        return part;
      });
      const hour: Hour = { trial, reserved: [], flood: FLOOD, locals: 0, thrown: 0 };
      trial.plant.put(REGISTERS['press.gate'], 1);
      await trial.start();
      for (let round = 0; round < ROUNDS || trial.total.sent < MESSAGES; round++)
        for (const act of actsOf(trial, round)) await act(hour);
      expect(await trial.stop()).toBe(0);
      expect(trial.plant.values[REGISTERS['press.kept']]).toBe(SAFE_KEPT);

      const { plant, said, heard, kills, total, losses } = trial;
      const codes = codesOf(trial);
      const { writes } = plant;
      const figures = { ...total, losses, writes: writes.length };
      console.log(
        JSON.stringify({ site, seed: SEED, ...figures, codes: Object.fromEntries(codes) }),
      );
      const { events, replies } = heard;
      const { wanted } = said;
      const wall = Date.now() - kernelNow();
      const { reserved } = hour;
      expect(breaches({ writes, wanted, events, replies, reserved, kills, wall })).toEqual([]);
      const met = [...MET, ...(site.isSigned ? MET_SIGNED : [])].map((name) => `command.${name}`);
      expect(met.filter((code) => !codes.has(code))).toEqual([]);
    },
  );
});

/** The first gives those something to work with that take up what others said; the rest as it comes. */
function actsOf({ random, site }: HostileTrial, round: number): readonly Act[] {
  const [first, ...others] = ACTS;
  const disturbed = (round + (site.isSigned ? 0 : 1)) % OWNING_ACTS.length;
  const owning = OWNING_ACTS.map((act, i) => (i === disturbed ? whileKilled : undisturbed)(act));
  const shuffled = [...others, ...owning]
    .map((act) => ({ act, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ act }) => act);
  return first ? [first, ...shuffled] : shuffled;
}

/** How many messages of the audit ended for each reason. */
function codesOf({ heard }: HostileTrial): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  const add = (code: string, count: number) => codes.set(code, (codes.get(code) ?? 0) + count);
  for (const event of heard.events) {
    if ('refused' in event)
      for (const [code, count] of Object.entries(event.refused)) add(code, count);
    else if (event.state === 'ended' && isRemote(event)) add(event.code ?? event.outcome ?? '', 1);
  }
  return codes;
}
