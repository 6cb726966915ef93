/**
 * What was received, in a database. Any number of receivers share one where the database allows it: a part is there once,
 * whoever brings it, and whatever comes again changes nothing.
 */
import { GatewayError } from '../model/errors.ts';
import type { UtcMs } from '../model/units.ts';
import type { Db, Query } from './db.ts';
import { KnownIds } from './known-ids.ts';
import { writeOmitted, writePartlyOmitted } from './omissions.ts';
import type { Heard, HeardPart, HeardStatus, HeardWatermark } from './received.ts';
import { rowsOf, storable, tagOf } from './rows.ts';

/** What is kept of what was heard. */
export type Kept = Exclude<Heard, { kind: 'outcome' | 'other' }>;

export interface CommitFacts {
  /** Parts that were not there, and those that were. */
  readonly fresh: number;
  readonly repeats: number;
  readonly samples: number;
  /** Days whose link is another than the one heard before. */
  readonly contradictions: number;
}

export interface StoreOptions {
  readonly db: Db;
  /** Blocks from before this receiver are wanted, too. */
  readonly wantsHistory: boolean;
}

const SCHEMA_VERSION = 1;

export class ReceiveStore {
  readonly db: Db;
  readonly #ids: KnownIds;
  readonly #wantsHistory: boolean;
  /** Journals whose first block that counts is settled. */
  readonly #based = new Set<number>();
  /** What their last watermark said beside the positions: it says the same again and again. */
  readonly #told = new Map<number, string>();

  constructor({ db, wantsHistory }: StoreOptions) {
    this.db = db;
    this.#ids = new KnownIds();
    this.#wantsHistory = wantsHistory;
  }

  /** Makes the tables. Throws `receive.store-unusable` where they are of a newer version. */
  async open(): Promise<void> {
    const { dialect, name } = this.db;
    const [newest] = await this.db.transaction(async (query) => {
      for (const statement of dialect.schema) await query(statement);
      return query<{ version: number }>('SELECT max(version) AS version FROM headgate_schema');
    });
    const version = newest?.version ?? SCHEMA_VERSION;
    if (version > SCHEMA_VERSION)
      throw new GatewayError('receive.store-unusable', {
        store: name,
        reason: `its tables are of version ${version}, this software knows ${SCHEMA_VERSION}`,
      });
  }

  /** In one transaction. When it resolves all of it is safe. */
  async commit(kept: readonly Kept[], at: UtcMs): Promise<CommitFacts> {
    try {
      const facts = await this.db.transaction((query) => this.#write(query, kept, at));
      this.#ids.keep();
      return facts;
    } catch (error) {
      this.#ids.forget();
      this.#based.clear();
      this.#told.clear();
      throw error;
    }
  }

  async #write(query: Query, kept: readonly Kept[], at: UtcMs): Promise<CommitFacts> {
    const parts = kept.filter((one) => one.kind === 'part');
    // In one order everywhere: receivers that write the same rows do not wait for one another in a circle.
    for (const [gw, epoch] of journalsOf(kept)) await this.#ids.journal(query, gw, epoch);
    const facts = await this.#writeParts(query, parts, at);
    for (const one of kept)
      if (one.kind === 'omitted')
        await writeOmitted(query, await this.#ids.journal(query, one.gw, one.epoch), one.seqs);
    const watermarks = new Map<string, HeardWatermark>();
    const statuses = new Map<string, HeardStatus>();
    for (const one of kept)
      if (one.kind === 'watermark')
        watermarks.set(`${one.watermark.gw} ${one.watermark.epoch}`, one.watermark);
      else if (one.kind === 'status') statuses.set(one.status.gw, one.status);
    let contradictions = 0;
    for (const [, watermark] of [...watermarks].toSorted(byKey))
      contradictions += await this.#writeWatermark(query, watermark, at);
    for (const [, status] of [...statuses].toSorted(byKey)) await writeStatus(query, status, at);
    return { ...facts, contradictions };
  }

  async #writeParts(query: Query, heard: readonly HeardPart[], at: UtcMs) {
    const byName = new Map<string, HeardPart & { readonly journal: number }>();
    for (const part of heard) {
      const { gw, epoch, seq, part: number } = part.envelope;
      const journal = await this.#ids.journal(query, gw, epoch);
      byName.set(`${journal} ${seq} ${number}`, { ...part, journal });
    }
    const unique = [...byName.values()].toSorted(
      (a, b) => a.journal - b.journal || bySeq(a.envelope, b.envelope),
    );
    if (unique.length === 0) return { fresh: 0, repeats: heard.length, samples: 0 };
    const rows = unique.map(({ journal, envelope, class: named }) => ({
      ...{ journal, seq: envelope.seq, part: envelope.part, total: envelope.sent },
      ...{ class: named ?? envelope.gap?.class ?? null, device: storable(envelope.device) },
      ...{ hist: envelope.hist ? 1 : 0, samples: countOf(envelope.samples) },
      ...{ wasEpoch: envelope.salvaged?.epoch ?? null, wasSeq: envelope.salvaged?.seq ?? null, at },
    }));
    const inserted = await query<{ journal: number; seq: number; part: number }>(
      this.db.dialect.insertParts,
      [JSON.stringify(rows)],
    );
    const fresh = inserted.flatMap(
      ({ journal, seq, part }) => byName.get(`${journal} ${seq} ${part}`) ?? [],
    );
    const samples = await this.#writeSamples(query, fresh);
    await writePartlyOmitted(query, fresh);
    for (const { journal, envelope } of fresh) {
      const { gap, seq, salvaged, gw } = envelope;
      if (!gap) continue;
      // The seqs of a gap that was saved are those of the journal it was saved from.
      if (salvaged)
        await writeGap(query, await this.#ids.journal(query, gw, salvaged.epoch), {
          ...gap,
          seq: salvaged.seq,
        });
      else await writeGap(query, journal, { ...gap, seq });
    }
    return { fresh: fresh.length, repeats: heard.length - fresh.length, samples };
  }

  async #writeSamples(
    query: Query,
    fresh: readonly (HeardPart & { readonly journal: number })[],
  ): Promise<number> {
    const rows: object[] = [];
    const lines: string[] = [];
    const unsynced = new Set<number>();
    if (!this.db.append) for (const [gw, tag] of tagsOf(fresh)) await this.#ids.tag(query, gw, tag);
    for (const { journal, envelope } of fresh) {
      if (await this.#isThereAlready(query, envelope)) continue;
      const { gw, epoch, seq, part } = envelope;
      for (const row of rowsOf(envelope)) {
        if (row.basis === 'unsynced') unsynced.add(journal);
        if (this.db.append) lines.push(JSON.stringify({ gw, epoch, seq, part, ...row }));
        else {
          const tag = await this.#ids.tag(query, gw, row.tag);
          rows.push({ ...row, tag, journal, seq, part });
        }
      }
    }
    if (lines.length > 0) await this.db.append?.(query, lines);
    if (rows.length > 0) await query(this.db.dialect.insertSamples, [JSON.stringify(rows)]);
    for (const journal of unsynced) await this.#correct(query, journal);
    return rows.length + lines.length;
  }

  /** It was saved from a damaged journal, of which this block is here as a whole. */
  async #isThereAlready(query: Query, { gw, salvaged }: HeardPart['envelope']): Promise<boolean> {
    if (!salvaged) return false;
    const journal = await this.#ids.journal(query, gw, salvaged.epoch);
    const [stored] = await query<{ parts: number; total: number | null }>(
      'SELECT count(*) AS parts, max(parts_total) AS total FROM parts WHERE journal = $1 AND seq = $2',
      [journal, salvaged.seq],
    );
    return stored !== undefined && stored.parts === stored.total;
  }

  async #writeWatermark(query: Query, heard: HeardWatermark, at: UtcMs): Promise<number> {
    const { gw, epoch, head, acked, gaps, day, corrections } = heard;
    const journal = await this.#ids.journal(query, gw, epoch);
    await query(
      `INSERT INTO watermarks VALUES ($1, $2, $3, $4) ON CONFLICT (journal) DO UPDATE SET
        head = CASE WHEN excluded.head > watermarks.head THEN excluded.head ELSE watermarks.head END,
        acked = CASE WHEN excluded.acked > watermarks.acked THEN excluded.acked ELSE watermarks.acked END,
        heard_ms = excluded.heard_ms`,
      [journal, head, acked, at],
    );
    await this.#setBase(query, journal, gw, acked);
    const told = JSON.stringify([gaps, day, corrections]);
    const isNew = this.#told.get(journal) !== told;
    this.#told.set(journal, told);
    const contradictions = isNew ? await writeTold(query, journal, heard) : 0;
    // Each time: another receiver may have stored samples of before.
    if (corrections.length > 0) await this.#correct(query, journal);
    return contradictions;
  }

  /** From which block on a missing one is missed: those before it went to whoever listened then. */
  async #setBase(query: Query, journal: number, gw: string, acked: number): Promise<void> {
    if (this.#based.has(journal)) return;
    if (this.#wantsHistory)
      await query(
        'UPDATE journals SET base = 1, judged = 0 WHERE journal = $1 AND (base IS NULL OR base > 1)',
        [journal],
      );
    else
      await query(
        `UPDATE journals SET base = b.base, judged = b.base - 1 FROM (
          SELECT CASE
            WHEN EXISTS (SELECT 1 FROM journals o WHERE o.gw = $2 AND o.base IS NOT NULL AND o.journal < $1) THEN 1
            ELSE least_seq END AS base
          FROM (SELECT coalesce(min(seq), $3) AS least_seq FROM parts WHERE journal = $1 AND seq < $3) AS first) AS b
        WHERE journals.journal = $1 AND journals.base IS NULL`,
        [journal, gw, acked + 1],
      );
    this.#based.add(journal);
  }

  /** Samples in files stay as they are: the correction is beside them. */
  async #correct(query: Query, journal: number): Promise<void> {
    if (!this.db.append) await query(this.db.dialect.correct, [journal]);
  }
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

function journalsOf(kept: readonly Kept[]): readonly (readonly [gw: string, epoch: string])[] {
  const names = new Map<string, readonly [string, string]>();
  const add = (gw: string, epoch: string) => names.set(JSON.stringify([gw, epoch]), [gw, epoch]);
  for (const one of kept)
    if (one.kind === 'omitted') add(one.gw, one.epoch);
    else if (one.kind === 'watermark') add(one.watermark.gw, one.watermark.epoch);
    else if (one.kind === 'part') {
      const { gw, epoch, salvaged } = one.envelope;
      add(gw, epoch);
      if (salvaged) add(gw, salvaged.epoch);
    }
  return [...names].toSorted(byKey).map(([, name]) => name);
}

function tagsOf(heard: readonly HeardPart[]): readonly (readonly [gw: string, tag: string])[] {
  const names = new Map<string, readonly [string, string]>();
  for (const { envelope } of heard)
    for (const quantity of envelope.samples.keys()) {
      const tag = tagOf(envelope.device, quantity);
      names.set(JSON.stringify([envelope.gw, tag]), [envelope.gw, tag]);
    }
  return [...names].toSorted(byKey).map(([, name]) => name);
}

const bySeq = (
  a: { readonly seq: number; readonly part: number },
  b: { readonly seq: number; readonly part: number },
): number => a.seq - b.seq || a.part - b.part;

const countOf = (samples: HeardPart['envelope']['samples']): number =>
  [...samples.values()].reduce((sum, rows) => sum + rows.length, 0);

/** What a watermark says beside the positions; 1 where the link of its day is another than before. */
async function writeTold(query: Query, journal: number, heard: HeardWatermark): Promise<number> {
  const { gaps, corrections, day } = heard;
  for (const gap of gaps.toSorted((a, b) => a.seq - b.seq)) await writeGap(query, journal, gap);
  for (const { seqs, shift } of corrections.toSorted((a, b) => a.seqs[0] - b.seqs[0]))
    await query(
      `INSERT INTO corrections VALUES ($1, $2, $3, $4)
        ON CONFLICT (journal, first) DO UPDATE SET last = excluded.last, shift_ms = excluded.shift_ms`,
      [journal, seqs[0], seqs[1], shift],
    );
  if (day === undefined) return 0;
  const [kept] = await query<{ link: string }>(
    `INSERT INTO days (journal, day, first, last, link) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (journal, day) DO UPDATE SET
        other_link = CASE WHEN excluded.link = days.link THEN days.other_link ELSE excluded.link END
      RETURNING link`,
    [journal, day.day, day.first, day.last, day.link],
  );
  return kept?.link === day.link ? 0 : 1;
}

async function writeGap(query: Query, journal: number, gap: HeardWatermark['gaps'][number]) {
  const { seq, seqs, reason, class: of, count, from, to } = gap;
  await query(
    `INSERT INTO gaps VALUES ($1, 'gap', $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [journal, seq, seqs?.[0] ?? null, seqs?.[1] ?? null, reason, of, count, from, to],
  );
}

async function writeStatus(query: Query, status: HeardStatus, at: UtcMs): Promise<void> {
  const { gw, online, version, config, epoch, since } = status;
  const words = [version, config, epoch].map(storable);
  await query(
    `INSERT INTO gateways VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (gw) DO UPDATE SET
      online = excluded.online, version = excluded.version, config = excluded.config, epoch = excluded.epoch,
      since_ms = excluded.since_ms, heard_ms = excluded.heard_ms`,
    [storable(gw), online ? 1 : 0, ...words, since ?? null, at],
  );
}
