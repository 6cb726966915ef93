/** What arrived upstream of the machine cells of a site: what each shows, and the latest records. */
import type { ReceivedPart } from '../../firmware-sim/subscriber.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { Language } from '../model/errors.ts';
import { RECORD_EVENT_QUANTITY, RULES_DEVICE } from '../model/event-tag.ts';

/** More are not shown. */
const MOST_RECORDS = 3;
const MOST_VALUES = 8;

export interface DemoCells {
  take(part: ReceivedPart): void;
  /** One line for each cell, and one for each of the latest records. */
  lines(language: Language): readonly string[];
}

export function demoCells({ rules }: RuleSet): DemoCells {
  const devices = new Set(
    rules
      .flatMap((rule) => (rule.kind === 'cell' ? (rule.makes ?? []) : []))
      .map((tag) => tag.device),
  );
  const shown = new Map<string, Map<string, unknown>>();
  const records: string[] = [];
  const note = (event: unknown) => {
    const { rule, name, values } = JSON.parse(String(event));
    const told = Object.entries(values ?? {}).filter(([key]) => !key.endsWith('_utc_ms'));
    const first = told.slice(0, MOST_VALUES);
    const text = first.map(([key, value]) => `${key}: ${valueText(value)}`).join(', ');
    records.push(`${rule} ${name} { ${text}${first.length < told.length ? ', …' : ''} }`);
    if (records.length > MOST_RECORDS) records.shift();
  };
  return {
    take({ device, samples }) {
      if (device === RULES_DEVICE && devices.size > 0)
        for (const [, value] of samples[RECORD_EVENT_QUANTITY] ?? []) note(value);
      if (![...devices].some((one) => one === device)) return;
      const values = shown.get(device) ?? new Map<string, unknown>();
      shown.set(device, values);
      for (const [quantity, list] of Object.entries(samples))
        for (const [, value] of list) values.set(quantity, value);
    },
    lines: (language) => [
      ...[...shown].map(([device, values]) => cellLine(device, values, language)),
      ...records,
    ],
  };
}

const valueText = (value: unknown): string =>
  JSON.stringify(typeof value === 'number' ? Number(value.toFixed(3)) : value);

function cellLine(
  device: string,
  values: ReadonlyMap<string, unknown>,
  language: Language,
): string {
  const isZh = language === 'zh';
  const text = (quantity: string) => String(values.get(quantity) ?? '—');
  const state = `${text('state')} (${text('reason')})`;
  return isZh
    ? `${device}：${state}，${text('parts')} 件，上一件 ${text('cycle_time')} 秒，OEE ${text('oee')}`
    : `${device}: ${state}, ${text('parts')} parts, the last in ${text('cycle_time')} s, OEE ${text('oee')}`;
}
