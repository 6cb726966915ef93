/**
 * An export against what a receiver has stored: every sample of every block, and the links of days. Numbers are compared to the
 * digits that were received, because an uplink sends no more decimals than a tag declares.
 */
import { fromBatch } from '../../journal/batch.ts';
import type { ChainEvent, DayRow, StoredBlock } from '../../journal/chain/chain-event.ts';
import type { ExportHeader } from '../../journal/chain/export-line.ts';
import { decimalText, isDecimal, type Sample, type Value } from '../../model/sample.ts';
import type { Db } from '../../receive/db.ts';
import { omittedIn, samplesOmittedIn } from '../../receive/omissions.ts';
import { storable } from '../../receive/rows.ts';

export interface ReceivedReport {
  readonly store: string;
  /** The receiver knows this journal. */
  readonly isKnown: boolean;
  /** Samples of the export that were received as they are. */
  readonly equal: number;
  /** That were received otherwise, or not, although their block was. */
  readonly different: number;
  /** That the uplink does not want. Nothing proves of them that they are what was measured but the export. */
  readonly omitted: number;
  /** Blocks of the export that were not received as a whole. */
  readonly missing: number;
  readonly days: { readonly equal: number; readonly different: number };
  /** The first ones, in English: block, tag, what. */
  readonly listed: readonly string[];
}

interface ReceivedRow {
  readonly name: string;
  readonly time_ms: number;
  readonly number: number | null;
  readonly text: string | null;
  readonly flag: number | null;
  readonly quality: string;
  readonly basis: string;
}

interface Correction {
  readonly first: number;
  readonly last: number;
  readonly shift_ms: number;
}

const LISTED_MAX = 20;

export class ReceivedCheck {
  readonly #db: Db;
  readonly #journal: number | undefined;
  readonly #corrections: readonly Correction[];
  readonly #listed: string[] = [];
  #counts = { equal: 0, different: 0, omitted: 0, missing: 0 };
  #days = { equal: 0, different: 0 };

  private constructor(db: Db, journal: number | undefined, corrections: readonly Correction[]) {
    this.#db = db;
    this.#journal = journal;
    this.#corrections = corrections;
  }

  static async of(db: Db, { gateway, epoch }: ExportHeader): Promise<ReceivedCheck> {
    const [row] = await db.query<{ journal: number }>(
      'SELECT journal FROM journals WHERE epoch = $1 AND ($2 IS NULL OR gw = $2)',
      [epoch, gateway ?? null],
    );
    const corrections = await db.query<Correction>(
      'SELECT first, last, shift_ms FROM corrections WHERE journal = $1',
      [row?.journal ?? 0],
    );
    return new ReceivedCheck(db, row?.journal, corrections);
  }

  async take(event: ChainEvent): Promise<void> {
    if (event.kind === 'block') await this.#block(event);
    else if (event.kind === 'day') await this.#day(event);
  }

  report(): ReceivedReport {
    return {
      ...{ store: this.#db.name, isKnown: this.#journal !== undefined },
      ...{ ...this.#counts, days: this.#days, listed: this.#listed },
    };
  }

  async #block({ seq, samples }: StoredBlock): Promise<void> {
    const [block] = await this.#db.query<{ parts: number; total: number | null }>(
      'SELECT count(*) AS parts, max(parts_total) AS total FROM parts WHERE journal = $1 AND seq = $2',
      [this.#journal ?? 0, seq],
    );
    const exported = samples ? [...fromBatch(samples.batch, samples.tagOf)] : [];
    const journal = this.#journal ?? 0;
    if (block === undefined || block.parts !== block.total) {
      if ((await omittedIn(this.#db, journal, seq, seq)).length > 0) {
        this.#counts.omitted += exported.length;
        return;
      }
      this.#counts.missing++;
      this.#list(`block ${seq}: not received`);
      return;
    }
    let omitted = await samplesOmittedIn(this.#db, journal, seq, seq);
    const received = await this.#received(seq, exported);
    const there = new Set(received.map(({ name }) => name));
    for (const sample of exported) {
      const same = received.findIndex((row) => this.#isSame(seq, sample, row));
      if (same >= 0) {
        received.splice(same, 1);
        this.#counts.equal++;
      } else if (omitted > 0 && !there.has(storable(sample.tag))) {
        omitted--;
        this.#counts.omitted++;
      } else {
        this.#counts.different++;
        this.#list(`block ${seq}: ${sample.tag} at ${sample.time} was received otherwise, or not`);
      }
    }
  }

  /** What was received of these tags in this block at these times. */
  async #received(seq: number, samples: readonly Sample[]): Promise<ReceivedRow[]> {
    const keys = samples.flatMap(({ tag, time }) =>
      this.#timesOf(seq, time).map((at) => JSON.stringify({ tag: storable(tag), at })),
    );
    const wanted = `[${[...new Set(keys)].join(',')}]`;
    const rows = await this.#db.query<ReceivedRow>(
      `SELECT t.name, s.time_ms, s.number, s.text, s.flag, s.quality, s.basis
        FROM json_each($1) e JOIN journals j ON j.journal = $2
        JOIN tags t ON t.gw = j.gw AND t.name = e.value->>'tag'
        JOIN samples s ON s.tag = t.tag AND s.time_ms = e.value->>'at' AND s.journal = $2 AND s.seq = $3`,
      [wanted, this.#journal ?? 0, seq],
    );
    return [...rows];
  }

  #isSame(seq: number, sample: Sample, row: ReceivedRow): boolean {
    const { tag, time, timeBasis, value, quality } = sample;
    const isCorrected = timeBasis === 'unsynced' && row.basis === 'corrected';
    const isInTime = isCorrected
      ? this.#timesOf(seq, time).includes(row.time_ms)
      : row.time_ms === time && row.basis === timeBasis;
    if (row.name !== storable(tag) || !isInTime) return false;
    // Not a number and infinity have no JSON form.
    if (typeof value === 'number' && !Number.isFinite(value))
      return isNothing(row) && row.quality === 'bad:device';
    return row.quality === quality && isSameValue(value, row);
  }

  /** As it was measured, and as it was corrected. */
  #timesOf(seq: number, time: number): number[] {
    const known = this.#corrections.filter(({ first, last }) => first <= seq && seq <= last);
    return [time, ...known.map(({ shift_ms: shift }) => time + shift)];
  }

  async #day({ day, link }: DayRow): Promise<void> {
    const [known] = await this.#db.query<{ link: string }>(
      'SELECT link FROM days WHERE journal = $1 AND day = $2',
      [this.#journal ?? 0, day],
    );
    if (known === undefined) return;
    if (known.link === link) this.#days.equal++;
    else {
      this.#days.different++;
      this.#list(`${day}: was published with the link ${known.link}`);
    }
  }

  #list(what: string): void {
    if (this.#listed.length < LISTED_MAX) this.#listed.push(what);
  }
}

const isNothing = ({ number, text, flag }: ReceivedRow): boolean =>
  number === null && text === null && flag === null;

function isSameValue(value: Value | null, row: ReceivedRow): boolean {
  const { number, text, flag } = row;
  if (value === null) return isNothing(row);
  if (typeof value === 'boolean') return flag === Number(value);
  if (typeof value === 'string') return text === storable(value);
  if (typeof value === 'number') return number !== null && isRounded(value, number);
  const digits = isDecimal(value) ? decimalText(value) : String(value);
  return text === null ? number === Number(digits) : text === digits;
}

/** To the last decimal that was received. */
function isRounded(exact: number, received: number): boolean {
  if (exact === received) return true;
  const [, fraction = '', exponent = '0'] =
    /^-?\d+(?:\.(\d+))?(?:e(.+))?$/.exec(`${received}`) ?? [];
  const unit = 10 ** (Number(exponent) - fraction.length);
  return Math.abs(exact - received) <= unit * 0.5 * (1 + Number.EPSILON * 4);
}
