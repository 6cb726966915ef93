/** What another configuration would change: of the rules, and of what cannot change while the gateway runs. Pure. */
import { createHash } from 'node:crypto';
import type { Site } from '../../config/site.ts';
import type { RuleSet } from '../../rules/rule.ts';

/** Names of rules and tags. */
export interface RulesChange {
  /** Unchanged, going on with their state. */
  readonly kept: readonly string[];
  /** Beginning anew, because something that gives them their meaning changed. */
  readonly changed: readonly string[];
  readonly added: readonly string[];
  /** Also those that are switched off now. */
  readonly removed: readonly string[];
  readonly derivedAdded: readonly string[];
  readonly derivedRemoved: readonly string[];
}

/** What taking the rules of `next` does to those that run. */
export function rulesChange(running: RuleSet, next: RuleSet): RulesChange {
  const before = atWork(running);
  const after = atWork(next);
  const names = [...after.keys()];
  const isSame = (name: string) => before.get(name) === after.get(name);
  const [tagsBefore, tagsAfter] = [running, next].map(({ derived }) => derived.map(({ id }) => id));
  return {
    kept: names.filter((name) => before.has(name) && isSame(name)),
    changed: names.filter((name) => before.has(name) && !isSame(name)),
    added: names.filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    derivedAdded: tagsAfter?.filter((id) => !tagsBefore?.includes(id)) ?? [],
    derivedRemoved: tagsBefore?.filter((id) => !tagsAfter?.includes(id)) ?? [],
  };
}

/** Fingerprints by name, of the rules that are evaluated. */
const atWork = ({ rules }: RuleSet): ReadonlyMap<string, string> =>
  new Map(
    rules.filter(({ mode }) => mode !== 'off').map(({ name, fingerprint }) => [name, fingerprint]),
  );

/** Everything of a site but its rules. */
export type Surroundings = Pick<
  Site,
  'gateway' | 'journal' | 'uplinks' | 'buses' | 'devices' | 'rules' | 'commands'
>;

/** What differs besides rules, as people name it: `bus line1`. How a demo plays the field does not count. */
export function needsRestart(running: Surroundings, next: Surroundings): readonly string[] {
  const [before, after] = [partsOf(running), partsOf(next)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** Equal where rules that were made for the one site can run in the other, which has the same devices; hexadecimal. */
export const surroundingsHash = ({ devices }: Pick<Site, 'devices'>): string =>
  createHash('sha256').update(text(devices)).digest('hex');

function partsOf(surroundings: Surroundings) {
  const { gateway, journal, uplinks, buses, devices, rules, commands } = surroundings;
  const { timezone, position } = rules;
  const named = (kind: string, list: readonly { readonly name: string }[]) =>
    list.map((one): [string, string] => [`${kind} ${one.name}`, text(one)]);
  return new Map([
    ['gateway', text([gateway, timezone, position])],
    ['journal', text(journal)],
    ...named('uplink', uplinks),
    ['commands', text([commands.maxAge, ...commands.operators])],
    ...named('bus', buses),
    ...named('device', devices),
    // The order of devices is that of the tags.
    ['order of devices', text(devices.map(({ name }) => name))],
  ] as const);
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? `${one}n` : one)) ?? '';
