/** A flat's combined reading from YAML in the real engine, under a clock of its own, with restarts as a kill makes them. */
import { draftOf } from '../../config/draft.ts';
import { notesOn } from '../../config/notes.ts';
import { rulesOf } from '../../config/rules.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TagId, TimeBasis, Value } from '../../gateway/model/sample.ts';
import { monoMs, utcMs } from '../../gateway/model/units.ts';
import type { AlarmEffect, CommandEffect, Effect, RecordEffect } from '../../rules/effect.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import type { ReadingRecord } from '../../rules/kinds/reading/reading-record.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { manualClock } from '../../rules/tests/manual-clock.ts';
import { local } from './reading-fixture.ts';

const METERS = `
gateway: { id: stairwell-7, timezone: Asia/Shanghai }
buses: { riser: { serial: /dev/ttyS1, baud: 2400, format: 8E1 } }
devices:
  em_1203:
    bus: riser
    profile: dlt645-2007/single-phase
    address: "202411110002"
    scan: 15m
    tags:
      total: { address: forward_active_energy, unit: kWh, decimals: 2, counter: { modulus: 1000000, max_rate: 10/h } }
      t1: { address: "forward_active_energy tariff:1", unit: kWh, decimals: 2 }
      t2: { address: "forward_active_energy tariff:2", unit: kWh, decimals: 2 }
      day_1: { address: "daily_freeze_forward_active_energy last:1", unit: kWh, decimals: 2, scan: 1d }
      day_2: { address: "daily_freeze_forward_active_energy last:2", unit: kWh, decimals: 2, scan: 1d }
      frozen_now: { address: "instant_freeze_forward_active_energy last:1", unit: kWh, decimals: 2, scan: 1d }
      freeze: { address: "freeze broadcast", access: write, write: { by: [rule], kind: pulse } }
      clock: { address: clock }
      cover: { address: "03300D00 bytes:3 decimals:0", unit: "" }
  wm_1203:
    bus: riser
    protocol: cjt188
    type: water
    address: "78331505104145"
    scan: 15m
    tags:
      volume: { address: volume, unit: m3, counter: { max_rate: 3.1/h } }
      settlement: { address: settlement_volume, unit: m3 }
      battery_low: { address: battery_low }
      valve: { address: valve }
`;

export interface BuiltReading {
  readonly set: RuleSet;
  /** `code message`, each. */
  readonly problems: readonly string[];
}

/** The site with this text as the `combined_reading` of the rule `flat-1203`, indented by six. */
export function builtReading(reading: string): BuiltReading {
  const text = `${METERS.replace('profile: dlt645-2007/single-phase', 'protocol: dlt645').replace('cover: { address: "03300D00 bytes:3 decimals:0", unit: "" }', 'cover: { address: "03300D00[0] bytes:3" }')}
rules:
  flat-1203:
    combined_reading:
${reading.replace(/^/gm, '      ')}
`;
  const { root, problems } = parseYaml(text, 'a.yaml');
  if (root === undefined) throw new Error(JSON.stringify(problems));
  const notes = notesOn(root);
  const set = rulesOf(root, draftOf(root, DRIVER_OPTIONS, notes, new Set()), notes);
  return { set, problems: notes.problems.map(({ code, message }) => `${code} ${message.en}`) };
}

/** A value with a quality, or a time of its own. */
export interface Given {
  readonly value: Value | null;
  readonly quality?: Quality;
  /** Of a freeze: local time. */
  readonly at?: string;
  readonly timeBasis?: TimeBasis;
}

export class PlayedReading {
  readonly effects: Effect[] = [];
  set: RuleSet;
  isSynced = true;
  #engine: RuleEngine;
  #clock: ReturnType<typeof manualClock>;
  #start: number;

  constructor(reading: string, start: string) {
    const { set, problems } = builtReading(reading);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    this.set = set;
    this.#start = local(start);
    this.#clock = manualClock(utcMs(this.#start));
    this.#engine = this.#begun(undefined);
  }

  /** Local time, `2026-03-02 00:01`; whatever is due on the way happens. */
  until(time: string | number): this {
    const to = typeof time === 'string' ? local(time) : time;
    this.#clock.moveTo(monoMs(to - this.#start));
    return this;
  }

  /** Samples of one request. */
  give(values: Readonly<Record<string, Value | Given>>): this {
    const now = this.#clock.utc();
    this.#engine.apply(
      Object.entries(values).map(([tag, value]): Sample => {
        const given = isGiven(value) ? value : { value };
        const { at, quality = 'good', timeBasis = at === undefined ? 'gateway' : 'source' } = given;
        const time = at === undefined ? now : utcMs(local(at));
        return { tag: tag as TagId, value: given.value, quality, time, timeBasis };
      }),
    );
    return this;
  }

  /** Off until then: what was saved is all that is left, as text on a disk. */
  restart(time: string, reading?: string): this {
    const saved = JSON.parse(JSON.stringify(this.#engine.save())) as Kept;
    this.#engine.stop();
    if (reading !== undefined) this.set = builtReading(reading).set;
    this.#start = local(time);
    this.#clock = manualClock(utcMs(this.#start));
    this.#engine = this.#begun(saved);
    return this;
  }

  /** Other rules while it runs. */
  replace(reading: string): this {
    this.set = builtReading(reading).set;
    this.#engine.replace(this.set);
    return this;
  }

  get saved(): Kept {
    return this.#engine.save();
  }
  get restored() {
    return this.#engine.restored;
  }
  get state(): string {
    return this.#engine.explain('flat-1203')?.after ?? '';
  }
  get records(): readonly ReadingRecord[] {
    return this.#recordsOf('reading').map(({ values }) => values as unknown as ReadingRecord);
  }
  get events(): readonly RecordEffect[] {
    return this.#recordsOf('meter_event');
  }
  get writes(): readonly CommandEffect[] {
    return this.effects.filter((effect) => effect.kind === 'command');
  }
  get alarms(): readonly AlarmEffect[] {
    return this.effects.filter((effect) => effect.kind === 'alarm');
  }
  /** `flat-1203/leak-water active`, in their order. */
  get turns(): readonly string[] {
    return this.alarms.map(({ rule, to }) => `${rule} ${to}`);
  }
  get reads(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'read' ? effect.tags : []));
  }

  record(key: string): ReadingRecord | undefined {
    return this.records.findLast((record) => record.key === key);
  }

  item(key: string, meter: string) {
    return this.record(key)?.items.find((item) => item.meter === meter);
  }

  #recordsOf(name: string): readonly RecordEffect[] {
    return this.effects.filter(
      (effect) => effect.kind === 'record' && effect.name === name,
    ) as readonly RecordEffect[];
  }

  #begun(saved: Kept | undefined): RuleEngine {
    const clock = { ...this.#clock, isSynced: () => this.isSynced };
    const engine = new RuleEngine(this.set, {
      clock,
      log: silentLog,
      saved,
      emit: (effects) => this.effects.push(...effects),
    });
    engine.start();
    return engine;
  }
}

const isGiven = (value: Value | Given): value is Given =>
  typeof value === 'object' && 'value' in value;
