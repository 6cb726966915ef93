/**
 * Any life of an edge node, told to a host that shares nothing with it: news and history in any order, devices that come and go,
 * values of every kind, rebirths, another site. The host has nothing to complain of, misses no value, and knows the present.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SparkplugJudge } from '../../firmware-sim/sparkplug-judge.ts';
import { decodeSparkplug } from '../../firmware-sim/sparkplug-schema.ts';
import {
  births,
  blockMessages,
  deaths,
  type EdgeMessage,
} from '../../gateway/forward/sparkplug/edge-messages.ts';
import { EdgeModel } from '../../gateway/forward/sparkplug/edge-model.ts';
import { writePayload } from '../../gateway/forward/sparkplug/payload-writer.ts';
import { placeOf } from '../../gateway/forward/sparkplug/place.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { monoMs, utcMs } from '../../gateway/model/units.ts';
import { blockOf, sample, T0, tag } from '../support/forward-fixture.ts';
import { fieldTag } from '../support/sparkplug-fixture.ts';

const TAGS = [
  fieldTag('press.oil_temp'),
  fieldTag('press.any', { holds: undefined }),
  fieldTag('meter.energy'),
  fieldTag('meter.text', { holds: 'text' }),
  tag('gateway.autonomy'),
  tag('gateway.mode'),
];
/** The last one is of a device that the site does not have any more. */
const IDS = [...TAGS.map(({ id }) => String(id)), 'old.level'];

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string({ maxLength: 5 }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constant(null),
);
const entry = fc.record({ id: fc.constantFrom(...IDS), value, late: fc.nat(20) });
const rows = fc.array(entry, { minLength: 1, maxLength: 6 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('live' as const), rows }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('history' as const), rows }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rebirth' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('later' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), last: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('site' as const), tags: fc.subarray(TAGS) }),
  },
);

/** A gateway's books: what each tag holds now, and everything that was handed over. */
class Life {
  readonly judge = new SparkplugJudge();
  tags: readonly Tag[] = TAGS;
  readonly #model: EdgeModel;
  readonly #image = new Map<string, Sample>();
  readonly #told: Sample[] = [];
  #seq = 0;
  #now = 10_000;

  constructor(hasAliases: boolean) {
    this.#model = new EdgeModel(TAGS, hasAliases);
    this.rebirth();
  }

  rebirth(): void {
    this.#model.present([...this.#image.values()], this.#moment().utc);
    this.#seq = 0;
    this.#say(births(this.#model, 0, this.#moment()));
  }

  site(tags: readonly Tag[]): void {
    this.tags = tags;
    this.#model.configure(tags);
    this.rebirth();
  }

  later(): void {
    this.#now += 60_000;
    this.#say(deaths(this.#model, this.#moment()));
  }

  /** Live rows are newer than all before; history lies before the first birth. */
  tell(rows: readonly { id: string; value: Sample['value']; late: number }[], isHistory: boolean) {
    const samples = rows.map(({ id, value: one, late }, i) =>
      sample(id, one, {
        quality: one === null ? 'bad:comm' : 'good',
        time: T0 + (isHistory ? late : ++this.#now) + i / 10,
      }),
    );
    if (!isHistory) for (const one of samples) this.#image.set(one.tag, one);
    if (!isHistory) this.#told.push(...samples);
    this.#tellBlock(samples, isHistory);
    return samples;
  }

  /** What was told as news comes once more, as after a lost connection. */
  again(last: number): void {
    const samples = this.#told.slice(-2 - last, -1);
    if (samples.length > 0) this.#tellBlock(samples, true);
  }

  present(id: string): Sample | undefined {
    return this.#image.get(id);
  }

  #tellBlock(samples: readonly Sample[], isHistory: boolean): void {
    const block = blockOf(samples);
    const tell = () => blockMessages(this.#model, block, isHistory, this.#moment());
    const messages = tell();
    if (messages === undefined) this.rebirth();
    this.#say(messages ?? tell() ?? []);
  }

  #moment() {
    return { utc: utcMs(T0 + this.#now), mono: monoMs(this.#now) };
  }

  #say(messages: readonly EdgeMessage[]): void {
    for (const { type, device, metrics } of messages) {
      const bytes = writePayload({ time: T0, seq: this.#seq, metrics });
      this.#seq = (this.#seq + 1) % 256;
      const topic = `${type} ${device ?? ''}`;
      const common = { topic, type, node: 'n', device, qos: 0, retain: false };
      this.judge.take({ ...common, payload: decodeSparkplug(bytes) });
    }
  }
}

const knownAt = (judge: SparkplugJudge, id: string) => {
  const { device, metric } = placeOf(id as TagId);
  const node = judge.nodes.get('n');
  return (device === undefined ? node : node?.devices.get(device))?.metrics.get(metric);
};

it('keeps to the rules of Sparkplug, whatever happens, and the host knows what is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (steps, hasAliases) => {
      const life = new Life(hasAliases);
      for (const one of steps) {
        if (one.kind === 'rebirth') life.rebirth();
        else if (one.kind === 'later') life.later();
        else if (one.kind === 'site') life.site(one.tags);
        else if (one.kind === 'again') life.again(one.last);
        else {
          const told = life.tell(one.rows, one.kind === 'history');
          for (const { tag: id, value: held, time } of told) {
            const known = knownAt(life.judge, id);
            // Nobody is told of silence that is known. All else is there, as present or as history.
            if (held === null) continue;
            const whole = Math.round(time);
            const isThere =
              known?.timestamp === whole || known?.history.some((old) => old.timestamp === whole);
            const isSuperseded = known !== undefined && known.timestamp > whole;
            expect(isThere || isSuperseded, `${id} at ${time}`).toBe(true);
          }
        }
        expect(life.judge.complaints).toEqual([]);
      }
      const node = life.judge.nodes.get('n');
      for (const { id } of life.tags) {
        const held = life.present(id);
        const { device } = placeOf(id as TagId);
        const isOnline = device === undefined || node?.devices.get(device)?.isOnline === true;
        const known = knownAt(life.judge, id);
        if (held === undefined || known === undefined || !isOnline) continue;
        const isNumber = known.datatype === 10 && typeof held.value !== 'number';
        const text = known.datatype === 12 ? `${held.value}` : held.value;
        const shown = held.value === null ? null : isNumber ? Number(held.value) : text;
        expect(known.value, id).toEqual(shown);
      }
    }),
    { numRuns: 300 },
  );
});
