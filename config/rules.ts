/** The rules of a site, handed to those who know rules: its sections, and what they may know of the rest. Pure. */
import { ALARM_EVENT_QUANTITY, counterEventQuantity } from '../gateway/model/event-tag.ts';
import { plainValue, tagId, type Value } from '../gateway/model/sample.ts';
import { SELF_QUANTITIES, SELF_TAG_SCAN, SELF_TAGS, selfTagId } from '../gateway/model/self-tag.ts';
import { buildRules } from '../rules/config/build.ts';
import type {
  RuleInterlock,
  RuleNotes,
  RulePolicy,
  RuleSite,
  RuleTag,
} from '../rules/config/build-site.ts';
import type { RuleSet } from '../rules/rule.ts';
import { asMap, type DraftTag, type RawMap } from './checker.ts';
import type { Draft, DraftDevice } from './draft.ts';
import type { Notes } from './notes.ts';
import { keyPlace, type MapNode, plain } from './tree.ts';
import { writePolicyOf } from './write-policy.ts';

/** The rules that could be built; what is wrong with the others is noted. */
export function rulesOf(root: MapNode, draft: Draft, notes: Notes): RuleSet {
  const { gateway, rules, templates, constants, alarms } = asMap(plain(root));
  const ruleNotes: RuleNotes = {
    find: (finding) => notes.find(finding),
    issue: (path, issue, instance) => notes.issue(path, issue, { instance }),
    placeOf: (path) => keyPlace(root, path),
  };
  const set = buildRules({ rules, templates, constants, alarms }, siteFor(root, draft), ruleNotes);
  findTimezone(asMap(gateway), set, notes);
  return set;
}

/** Whoever says nothing means the place's own midnight, and would get that of UTC. */
function findTimezone(gateway: RawMap, { rules }: RuleSet, notes: Notes): void {
  const dated = rules.find(({ kind }) => kind === 'cell' || kind === 'combined_reading');
  if (dated === undefined || 'timezone' in gateway) return;
  const details = { rule: dated.name };
  const at = { path: ['gateway'], at: 'key' } as const;
  notes.find({ ...at, code: 'rules.timezone-unsaid', details, severity: 'warning' });
}

function siteFor(root: MapNode, { gateway, devices }: Draft): RuleSite {
  const written = asMap(asMap(plain(root)).devices);
  const tags = [...devices].flatMap(([name, device]) =>
    tagsOf(name, device, called(device, asMap(written[name]))),
  );
  const own = gateway?.self_tags === 'on' ? selfTags() : [];
  const count = [...devices.values()].reduce((sum, device) => sum + device.tags.size, 0);
  return {
    timezone: gateway?.timezone ?? 'UTC',
    position: gateway?.position,
    tags: new Map([...tags, ...own].map((tag) => [String(tag.id), tag])),
    made: new Set([...devices].flatMap(([name, device]) => madeOf(name, device))),
    firstIndex: count,
    interlocks: [...devices].flatMap(([name, { tags }]) => interlocksOf(name, tags)),
  };
}

/** What a device speaks, and what it is called on its bus. */
function called({ driver }: DraftDevice, { address, unit }: RawMap): RuleTag['device'] {
  const name = address ?? unit;
  const isName = typeof name === 'string' || typeof name === 'number';
  return driver && { protocol: driver.type, address: isName ? String(name) : undefined };
}

const tagsOf = (
  name: string,
  { common: device, tags }: DraftDevice,
  called: RuleTag['device'],
): RuleTag[] =>
  [...tags].map(([quantity, tag]) => {
    const { common, kind } = tag;
    return {
      id: tagId(name, quantity),
      type: kind ?? 'any',
      unit: common?.unit,
      scan: common?.scan ?? device?.scan,
      access: common?.access,
      policy: policyOf(name, quantity, tag),
      counter: common?.counter && {
        modulus: common.counter.modulus,
        maxRatePerHour: common.counter.max_rate,
      },
      decimals: common?.decimals,
      ...(called && { device: called }),
    };
  });

function policyOf(device: string, quantity: string, tag: DraftTag): RulePolicy | undefined {
  const policy = writePolicyOf(device, quantity, tag);
  if (policy === undefined) return undefined;
  const { by, min, max, values, safe } = policy;
  const silent = safe?.on.includes('silent') ? literal(safe.value) : undefined;
  return { takesRules: by.includes('rule'), min, max, values: values?.map(literal), silent };
}

/** As YAML has it: a flag, a number, a text. */
const literal = (value: Value) => plainValue(value) as NonNullable<RulePolicy['silent']>;

/** By which the gateway tells of itself. */
const selfTags = (): RuleTag[] =>
  SELF_QUANTITIES.map((quantity) => {
    const { type, unit, decimals } = SELF_TAGS[quantity];
    return {
      ...{ id: selfTagId(quantity), type, unit, decimals, scan: SELF_TAG_SCAN },
      ...{ access: 'read', counter: undefined },
    };
  });

const interlocksOf = (name: string, tags: DraftDevice['tags']): RuleInterlock[] =>
  [...tags].flatMap(([quantity, { common }]) => {
    const text = common?.write?.interlock;
    if (text === undefined || common?.access === 'read') return [];
    const path = ['devices', name, 'tags', quantity, 'write', 'interlock'];
    return [{ tag: tagId(name, quantity), text, path }];
  });

/** The tags that the gateway adds for events. */
const madeOf = (name: string, { raisesAlarms, tags }: DraftDevice): string[] => [
  ...(raisesAlarms ? [tagId(name, ALARM_EVENT_QUANTITY)] : []),
  ...[...tags]
    .filter(([, { common }]) => common?.counter !== undefined)
    .map(([quantity]) => tagId(name, counterEventQuantity(quantity))),
];
