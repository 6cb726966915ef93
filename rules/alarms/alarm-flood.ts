/**
 * When alarms come faster than a person can look at them (ISA-18.2 §16.5.3). Counts activations; what a flood means
 * for the alarms stands in the book.
 */
import { isFields } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { EngineMs } from '../effect.ts';
import type { FloodLimit } from '../rule.ts';
import type { AlarmRule } from './alarm-entry.ts';

/** The rule name of the alarm that tells of a flood. No rule of a site may have it. */
export const FLOOD_RULE = 'alarm-flood';
/** That alarm, which no rule raises. */
export const FLOOD_ALARM: AlarmRule = {
  name: FLOOD_RULE,
  config: {
    severity: 800,
    message: { en: [], zh: [] },
    latch: false,
    realarm: undefined,
    firstOut: undefined,
    suppressWhen: undefined,
  },
  isShadow: false,
  fingerprint: '',
};
/** Less severe alarms are held back while a flood lasts. */
export const HELD_BELOW = 700;
/** Of the rules whose alarms came and went, named in the causes of the end of a flood. */
const MOST_NAMES = 50;

/** Counts activations, and says when a flood begins and when it can end. */
export class FloodMeter {
  limit: FloodLimit;
  isOn = false;
  /** Activations that came and went untold in this flood. */
  passed = 0;
  /** The times of the latest activations, oldest first: as many as decide. */
  #times: EngineMs[] = [];
  #passedBy = new Map<string, number>();

  constructor(limit: FloodLimit) {
    this.limit = limit;
  }

  /** One more activation. True: this one begins a flood. */
  count(at: EngineMs): boolean {
    const { most, within } = this.limit;
    this.#times.push(at);
    this.#times = this.#times.slice(-(most + 1));
    const [oldest = at] = this.#times;
    if (this.isOn || this.#times.length <= most || oldest <= at - within) return false;
    this.isOn = true;
    this.passed = 0;
    this.#passedBy = new Map();
    return true;
  }

  /** From when on fewer than half of `most` lie within the window; undefined: there is no flood. */
  get over(): EngineMs | undefined {
    if (!this.isOn) return undefined;
    const { most, within } = this.limit;
    const allowed = Math.ceil(most / 2) - 1;
    const last = this.#times.at(-1 - allowed);
    return last === undefined ? Number.NEGATIVE_INFINITY : last + within;
  }

  pass(rule: string): void {
    this.passed++;
    if (this.#passedBy.size < MOST_NAMES || this.#passedBy.has(rule))
      this.#passedBy.set(rule, (this.#passedBy.get(rule) ?? 0) + 1);
  }

  /** For the causes of the end: `came and went: press-hot 3, oil-low 1`. */
  get story(): string {
    const names = [...this.#passedBy].map(([rule, count]) => `${rule} ${count}`);
    return names.length === 0 ? 'over' : `over; came and went: ${names.join(', ')}`;
  }

  save(): Kept {
    const { isOn, passed } = this;
    return { times: this.#times, isOn, passed, passedBy: Object.fromEntries(this.#passedBy) };
  }

  restore(kept: Kept | undefined): void {
    if (!isFields(kept)) return;
    const { times, passedBy, passed } = kept;
    this.isOn = kept.isOn === true;
    if (typeof passed === 'number') this.passed = passed;
    if (Array.isArray(times))
      this.#times = times.filter((at) => typeof at === 'number').slice(-(this.limit.most + 1));
    if (isFields(passedBy))
      this.#passedBy = new Map(
        Object.entries(passedBy).flatMap(([rule, n]) =>
          typeof n === 'number' ? [[rule, n] as const] : [],
        ),
      );
  }
}

/** What the flood alarm says. */
export const floodWords = {
  begun: ({ most, within }: FloodLimit) => ({
    en: `alarm flood: more than ${most} alarms in ${spoken(within, 'en')}; alarms below severity ${HELD_BELOW} are held back`,
    zh: `报警泛滥：${spoken(within, 'zh')}内超过 ${most} 个报警；严重度低于 ${HELD_BELOW} 的报警暂缓通知`,
  }),
  over: (passed: number) => ({
    en: `alarm flood is over; ${passed} alarms came and went meanwhile without being told`,
    zh: `报警泛滥结束；期间有 ${passed} 个报警出现后又消失，未逐一通知`,
  }),
};

const MINUTE = 60_000;
function spoken(length: number, language: 'en' | 'zh'): string {
  const isMinutes = length >= MINUTE && length % MINUTE === 0;
  const count = isMinutes ? length / MINUTE : length / 1_000;
  if (language === 'en') return `${count} ${isMinutes ? 'min' : 's'}`;
  return `${count} ${isMinutes ? '分钟' : '秒'}`;
}
