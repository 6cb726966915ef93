/** The life of alarms under whatever happens. A long run has 20,000 stories. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kept } from '../../gateway/host/state-store.ts';
import { minutes, utcMs } from '../../gateway/model/units.ts';
import { AlarmBook } from '../../rules/alarms/alarm-book.ts';
import { type AlarmRule, NO_CAUSES } from '../../rules/alarms/alarm-entry.ts';
import { FLOOD_RULE } from '../../rules/alarms/alarm-flood.ts';
import type { AlarmEffect } from '../../rules/effect.ts';
import { cases } from '../support/long-run.ts';

const SETTINGS = { numRuns: cases(800, 20_000), seed: Number(process.env.SEED ?? 20_261_130) };
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const FLOOD = { most: 3, within: minutes(1) };
const START = Date.UTC(2026, 0, 1);

const rule = fc.record({
  latch: fc.boolean(),
  severity: fc.constantFrom(200, 500, 900),
  realarm: fc.constantFrom(undefined, minutes(1)),
  firstOut: fc.constantFrom(undefined, 'press'),
  isShadow: fc.constantFrom(false, false, false, true),
});
const rules = fc
  .tuple(rule, rule, rule, rule, rule)
  .map((all) => all.map(({ isShadow, ...config }, i) => ruleOf(i, isShadow, config)));

const ruleOf = (i: number, isShadow: boolean, config: Partial<AlarmRule['config']>): AlarmRule => ({
  name: NAMES[i] as string,
  isShadow,
  fingerprint: 'f',
  config: {
    severity: 500,
    message: { en: [], zh: [] },
    latch: false,
    realarm: undefined,
    firstOut: undefined,
    suppressWhen: undefined,
    ...config,
  },
});

const act = fc.record({
  after: fc.constantFrom(0, 0, 0, 1_000, 1_000, 5_000, 20_000, 120_000),
  rule: fc.constantFrom(...NAMES, FLOOD_RULE),
  what: fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom('active', 'cleared') },
    fc.constantFrom('suppress', 'unsuppress', 'unknown', 'ack', 'shelve', 'unshelve', 'ack-first'),
  ),
});
const acts = fc.array(act, { minLength: 30, maxLength: 60 });
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** The effects of the acts; the book is saved and made again before those of `saves`. */
function play(all: readonly AlarmRule[], acts: readonly Act[], saves = new Set<number>()) {
  let book = new AlarmBook({ rules: all, flood: FLOOD });
  const effects: AlarmEffect[] = [];
  let at = 0;
  const momentOf = (when: number) => ({ at: when, time: utcMs(START + when) });
  const until = (end: number) => {
    for (let wake = book.wake; wake !== undefined && wake <= end; wake = book.wake) {
      at = Math.max(at, wake);
      const due = book.due(momentOf(at));
      expect(due.length).toBeGreaterThan(0);
      effects.push(...due);
    }
    at = end;
  };
  const one = ({ rule: name, what }: Act): readonly AlarmEffect[] => {
    const moment = momentOf(at);
    const by = { by: 'li' };
    if (what === 'active' || what === 'cleared')
      return name === FLOOD_RULE ? [] : book.turn(name, what, undefined, NO_CAUSES, moment);
    if (what === 'ack') return book.acknowledge(name, by, moment).effects;
    if (what === 'ack-first')
      return book.acknowledge(name, { ...by, id: `${name}#1` }, moment).effects;
    if (what === 'shelve') return book.shelve(name, minutes(2), by, moment).effects;
    if (what === 'unshelve') return book.unshelve(name, by, moment).effects;
    if (name === FLOOD_RULE) return [];
    return book.suppress(name, what === 'unknown' ? undefined : what === 'suppress', moment);
  };
  let most = 0;
  acts.forEach((each, i) => {
    until(at + each.after);
    if (saves.has(i)) {
      const kept = JSON.parse(JSON.stringify(book.save())) as Kept;
      book = new AlarmBook({ rules: all, flood: FLOOD });
      expect(book.restore(kept, momentOf(at))).toEqual([]);
      expect(book.save()).toEqual(kept);
    }
    effects.push(...one(each));
    most = Math.max(most, book.facts().heldBack);
  });
  const quietEnd = () => {
    for (const name of NAMES) effects.push(...book.suppress(name, false, momentOf(at)));
  };
  quietEnd();
  until(at + minutes(60));
  return { effects, book };
}

test('nothing clears that was not told as active, and nothing is told active under two ids', () => {
  fc.assert(
    fc.property(rules, acts, (all, story) => {
      const { effects } = play(all, story);
      const open = new Map<string, string>();
      for (const { rule: name, to, id, isActive } of effects) {
        if (to === 'active') {
          expect(open.get(name) ?? id).toBe(id);
          open.set(name, id);
          expect(isActive).toBe(true);
        }
        if (to !== 'cleared') continue;
        expect(open.get(name)).toBe(id);
        expect(isActive).toBe(false);
        open.delete(name);
      }
    }),
    SETTINGS,
  );
});

test('every activation is told, or counted as one that came and went, or was quiet', () => {
  fc.assert(
    fc.property(rules, acts, (all, given) => {
      const story = given.filter(({ what }) => !/suppress|shelve/.test(what));
      const { effects, book } = play(all, story);
      const shown = new Set(effects.filter(({ to }) => to === 'active').map(({ id }) => id));
      const told = [...shown].filter((id) => !id.startsWith(FLOOD_RULE)).length;
      const counted = effects
        .filter(({ rule: name, to }) => name === FLOOD_RULE && to === 'cleared')
        .reduce((sum, { message }) => sum + Number(/(\d+) alarms came/.exec(message.en)?.[1]), 0);
      const all_ = NAMES.reduce(
        (sum, name) => sum + Number(book.stateOf(name)?.id.split('#')[1]),
        0,
      );
      expect(told + counted).toBe(all_);
      expect(book.facts()).toMatchObject({ isFlood: false, heldBack: 0 });
    }),
    SETTINGS,
  );
});

test('what was told last is so, once nothing is quiet and no flood lasts', () => {
  fc.assert(
    fc.property(rules, acts, (all, story) => {
      const { effects, book } = play(all, story);
      for (const name of NAMES) {
        const last = effects.findLast((each) => each.rule === name);
        const state = book.stateOf(name);
        if (!last) expect(state).toMatchObject({ isActive: false, isAcknowledged: true });
        else
          expect(state).toMatchObject({
            isActive: last.isActive,
            isAcknowledged: last.isAcknowledged,
            isShelved: last.isShelved,
            isSuppressed: false,
          });
      }
    }),
    SETTINGS,
  );
});

test('a book made again from what was saved goes on as if nothing had been', () => {
  fc.assert(
    fc.property(
      rules,
      acts,
      fc.array(fc.nat({ max: 59 }), { maxLength: 10 }),
      (all, story, saves) => {
        const again = play(all, story, new Set(saves));
        const once = play(all, story);
        expect(again.effects).toEqual(once.effects);
      },
    ),
    SETTINGS,
  );
});

test('a shadow alarm changes nothing of the real ones', () => {
  fc.assert(
    fc.property(rules, acts, (all, story) => {
      const shadows = new Set(all.filter(({ isShadow }) => isShadow).map(({ name }) => name));
      const real = (effects: readonly AlarmEffect[]) => effects.filter((each) => !each.isShadow);
      // Their acts stay as moments in which nothing happens.
      const without = story.map((each) =>
        shadows.has(each.rule)
          ? { ...each, rule: FLOOD_RULE as typeof FLOOD_RULE, what: 'active' as const }
          : each,
      );
      expect(real(play(all, story).effects)).toEqual(real(play(all, without).effects));
    }),
    SETTINGS,
  );
});
