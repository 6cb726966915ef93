/**
 * A second evaluator of what a cell does: from SEMANTICS-cell.md, tenth of a second by tenth of a second, with all of it in
 * view at once. It shares nothing with the first but the names.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTally } from '../../rules/kinds/cell/cell-tally.ts';
import { cellRule, type Picture, Plant } from '../support/cell-fixture.ts';

const SEED = Number(process.env.SEED ?? 20_260_303);
const SLOT = 100;
const DWELL = 10;
const LONGEST_FLICKER = 50;
const MICRO_STOP = 200;

type Known = boolean | null;
interface Scene {
  readonly running: Known;
  readonly fault: Known;
  readonly starved: Known;
  readonly manual: Known;
  readonly setup: Known;
  readonly powered: Known;
  readonly planned: boolean;
}

/** For how many slots a scene lasts. */
const scene: fc.Arbitrary<readonly [number, Scene]> = fc.tuple(
  fc.oneof(fc.integer({ min: 1, max: 15 }), fc.constantFrom(10, 50, 200, 201), fc.nat(400)),
  fc.record<Scene>({
    running: fc.constantFrom(true, true, false, null),
    fault: fc.constantFrom(false, false, false, true, null),
    starved: fc.constantFrom(true, false, false, null),
    manual: fc.constantFrom(false, false, false, false, true, null),
    setup: fc.constantFrom(false, false, false, false, true),
    powered: fc.constantFrom(true, true, true, true, false, null),
    planned: fc.constantFrom(false, false, false, true),
  }),
);

/** Mode and situation in one word. */
function seenIn({ running, fault, starved, manual, setup, powered }: Scene): string {
  if (manual === null) return 'unknown';
  const mode = manual ? 'manual' : setup ? 'setup' : 'production';
  const situation =
    powered === false
      ? 'off'
      : fault === null
        ? 'unknown'
        : fault
          ? 'fault'
          : starved
            ? 'starved'
            : running === null
              ? 'unknown'
              : running
                ? 'execute'
                : 'stopped';
  return situation === 'unknown' ? 'unknown' : `${mode} ${situation}`;
}

/** The condition that each slot belongs to; what is pending at the end belongs to none. */
function ownersOf(scenes: readonly Scene[]): readonly (string | undefined)[] {
  const owners: (string | undefined)[] = scenes.map(() => undefined);
  let settled = 'unknown';
  let pending: { candidate: string; since: number; away: number; from: number } | undefined;
  for (let slot = 0; slot <= scenes.length; slot++) {
    if (pending && (slot - pending.since >= DWELL || slot - pending.away >= LONGEST_FLICKER)) {
      settled = pending.candidate;
      owners.fill(settled, pending.from, slot);
      pending = undefined;
    }
    const scene = scenes[slot];
    if (scene === undefined) break;
    if (pending && scene.planned !== scenes[slot - 1]?.planned) {
      owners.fill(settled, pending.from, slot);
      pending.from = slot;
    }
    const seen = seenIn(scene);
    if (seen === settled) {
      if (pending) owners.fill(settled, pending.from, slot);
      pending = undefined;
    } else if (pending === undefined)
      pending = { candidate: seen, since: slot, away: slot, from: slot };
    else if (seen !== pending.candidate) pending = { ...pending, candidate: seen, since: slot };
    if (pending === undefined) owners[slot] = settled;
  }
  return owners;
}

function classOf(owner: string, isPlanned: boolean): string {
  if (owner === 'unknown') return 'unknown';
  if (owner === 'production execute') return 'producing';
  if (owner.startsWith('setup')) return 'setup';
  if (isPlanned) return 'planned';
  if (owner.startsWith('manual')) return 'held';
  const classes: Record<string, string> = {
    'production off': 'off',
    'production fault': 'fault',
    'production starved': 'waiting',
    'production stopped': 'waiting',
  };
  return classes[owner] ?? owner;
}

interface Reference {
  readonly times: Record<string, number>;
  readonly stops: number;
  readonly microStops: number;
}

function referenceOf(scenes: readonly Scene[]): Reference {
  const owners = ownersOf(scenes);
  const times: Record<string, number> = { ...newTally(0, 0).times };
  let stops = 0;
  let microStops = 0;
  let stop: string[] = [];
  let isTakenOver = false;
  const isLong = () => isTakenOver || stop.length > MICRO_STOP;
  const add = (name: string) => {
    times[name] = (times[name] ?? 0) + SLOT;
  };
  const close = () => {
    if (isLong()) stops++;
    else if (stop.length > 0) microStops++;
    for (const name of stop) add(isLong() ? name : 'micro');
    stop = [];
    isTakenOver = false;
  };
  for (const [slot, owner] of owners.entries()) {
    if (owner === undefined) continue;
    const name = classOf(owner, scenes[slot]?.planned === true);
    if (['fault', 'held', 'waiting', 'off'].includes(name)) {
      stop.push(name);
      if (name === 'off' || owner.startsWith('manual')) isTakenOver = true;
    } else {
      if (name === 'producing') close();
      add(name);
    }
  }
  close();
  return { times, stops, microStops };
}

test('a cell counts what somebody who sees all of it at once counts', () => {
  const rule = cellRule({ microStop: MICRO_STOP * SLOT });
  fc.assert(
    fc.property(fc.array(scene, { minLength: 1, maxLength: 40, size: 'max' }), (script) => {
      const scenes = script.flatMap(([slots, of]) => Array<Scene>(slots).fill(of));
      const first: Picture = { ...(scenes[0] ?? {}) };
      const begin = Date.parse('2026-03-02T08:00:00+08:00');
      const plant = new Plant({ rule, begin, tick: 60_000, picture: first });
      let slot = 0;
      for (const [slots, of] of script) {
        if (slots > 0) plant.happen(slot * SLOT, [{ kind: 'set', picture: { ...of } }]);
        slot += slots;
      }
      // What comes at the end is not looked at any more.
      plant.run(slot * SLOT);
      plant.happen(slot * SLOT, []);
      const { tally } = plant.state;
      const reference = referenceOf(scenes);
      const open = tally.open;
      const isOpen = open.fault + open.held + open.waiting + open.off > 0;
      expect({
        times: tally.times,
        stops: tally.stops,
        microStops: tally.microStops + (isOpen ? 1 : 0),
      }).toEqual(reference);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});
