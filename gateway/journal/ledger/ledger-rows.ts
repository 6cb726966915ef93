/** The tables of commands and marks of FORMAT.md as typed rows: prepared statements, no decisions. */
import type { LedgerEntry } from '../../command/ledger.ts';
import type { Kept } from '../../host/state-store.ts';
import { COMMAND_OUTCOMES, type CommandOrigin, type CommandOutcome } from '../../model/command.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { Connection } from '../file/journal-file.ts';
import type { Intent } from './ledger-action.ts';
import type { LedgerEnd } from './ledger-plan.ts';

/** What the table of commands holds; the bytes are those of key, tag, facts and end. */
export interface LedgerTotals {
  readonly rows: number;
  readonly bytes: number;
}

/** A command as it stands in the table. */
export interface CommandRow {
  readonly entry: LedgerEntry;
  readonly bytes: number;
  /** Something in the row is not what it was; it stands for what can be said of it. */
  readonly isDamaged: boolean;
}

interface RawRow {
  readonly key: string;
  readonly origin: string;
  readonly tag: string;
  readonly time: number;
  readonly outcome: string | null;
  readonly facts: string;
  readonly end: string | null;
  readonly bytes: number;
}

/** A command that leaves. */
export interface LeavingCommand {
  readonly number: number;
  readonly bytes: number;
}

const SCHEMA = `
  CREATE TABLE commands (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, tag TEXT NOT NULL,
    time INTEGER NOT NULL, ended_at INTEGER, outcome TEXT, facts TEXT NOT NULL, "end" TEXT);
  CREATE INDEX commands_by_tag ON commands (tag, origin);
  CREATE INDEX commands_by_end ON commands (ended_at);
  CREATE TABLE marks (kind TEXT, name TEXT, value INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
`;
const BYTES = `octet_length(key) + octet_length(tag) + octet_length(facts) + ifnull(octet_length("end"), 0)`;
const SELECT = `SELECT key, origin, tag, time, outcome, facts, "end", ${BYTES} AS bytes FROM commands`;
/** Another command of the same tag and origin came behind it. */
const IS_SUCCEEDED = `EXISTS (SELECT 1 FROM commands AS later
  WHERE later.tag = commands.tag AND later.origin = commands.origin AND later.number > commands.number)`;

export const hasLedgerTables = (connection: Connection): boolean =>
  connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'commands'`).get() !== undefined;

export const createLedgerTables = (connection: Connection): void => void connection.exec(SCHEMA);

export class LedgerRows {
  readonly #connection: Connection;
  readonly #insert;
  readonly #end;
  readonly #find;
  readonly #openCount;
  readonly #mark;
  readonly #succeededBefore;
  readonly #oldestEnded;
  readonly #remove;
  readonly #readTotals;
  readonly #saveTotals;

  /** The tables have to be there. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#insert = connection.prepare<unknown[], { bytes: number }>(
      `INSERT INTO commands (key, origin, tag, time, facts) VALUES (?, ?, ?, ?, ?) RETURNING ${BYTES} AS bytes`,
    );
    this.#end = connection.prepare<unknown[], { bytes: number }>(
      `UPDATE commands SET outcome = ?, "end" = ?, ended_at = ? WHERE key = ?
       RETURNING ifnull(octet_length("end"), 0) AS bytes`,
    );
    this.#find = connection.prepare<[string], RawRow>(`${SELECT} WHERE key = ?`);
    this.#openCount = connection.prepare<[], { count: number }>(
      'SELECT count(*) AS count FROM commands WHERE ended_at IS NULL',
    );
    this.#mark = connection.prepare(
      `INSERT INTO marks VALUES (?, ?, ?)
       ON CONFLICT (kind, name) DO UPDATE SET value = max(value, excluded.value)`,
    );
    const leaving = `SELECT number, ${BYTES} AS bytes FROM commands WHERE`;
    this.#succeededBefore = connection.prepare<[number, number], LeavingCommand>(
      `${leaving} ended_at < ? AND ${IS_SUCCEEDED} ORDER BY ended_at, number LIMIT ?`,
    );
    this.#oldestEnded = connection.prepare<[number], LeavingCommand>(
      `${leaving} ended_at IS NOT NULL ORDER BY ended_at, number LIMIT ?`,
    );
    this.#remove = connection.prepare('DELETE FROM commands WHERE number = ?');
    this.#readTotals = connection.prepare<[], { value: string }>(
      `SELECT value FROM position WHERE kind = 'journal' AND name = 'ledger'`,
    );
    this.#saveTotals = connection.prepare(
      `INSERT OR REPLACE INTO position VALUES ('journal', 'ledger', ?)`,
    );
  }

  /** Gives back the bytes it takes. */
  insert({ key, origin, tag, time, facts }: Intent): number {
    return this.#insert.get(key, origin, tag, time, facts)?.bytes ?? 0;
  }

  /** Gives back the bytes of the end; 0 where there is no such command. */
  end({ key, outcome, end }: LedgerEnd, now: UtcMs): number {
    return this.#end.get(outcome, end ?? null, now, key)?.bytes ?? 0;
  }

  find(key: string): CommandRow | undefined {
    const raw = this.#find.get(key);
    return raw && commandRow(raw);
  }

  /** Commands without an end. */
  openCount(): number {
    return this.#openCount.get()?.count ?? 0;
  }

  /** Kept where it is higher than the one that is known. */
  mark(kind: 'counter' | 'issued', name: string, value: number): void {
    this.#mark.run(kind, name, value);
  }

  marks(kind: 'counter' | 'issued'): Readonly<Record<string, number>> {
    const rows = this.#connection
      .prepare<[string], { name: string; value: number }>(
        'SELECT name, value FROM marks WHERE kind = ?',
      )
      .all(kind);
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  /** Without an end, oldest first. */
  *open(limit: number): Generator<CommandRow> {
    const rows = this.#connection.prepare<[number], RawRow>(
      `${SELECT} WHERE ended_at IS NULL ORDER BY number LIMIT ?`,
    );
    for (const raw of rows.iterate(limit)) yield commandRow(raw);
  }

  /** Since then and, of each tag and origin, the latest; newest first. */
  *recent(since: UtcMs, limit: number): Generator<CommandRow> {
    const rows = this.#connection.prepare<number[], RawRow>(
      `${SELECT} WHERE number IN (
         SELECT number FROM (SELECT number, time FROM commands ORDER BY number DESC LIMIT ?) WHERE time >= ?
         UNION SELECT max(number) FROM commands GROUP BY tag, origin)
       ORDER BY number DESC LIMIT ?`,
    );
    for (const raw of rows.iterate(limit, since, limit)) yield commandRow(raw);
  }

  /** Ended before then and not the latest of their tag and origin, oldest end first. */
  succeededBefore(then: number, limit: number): LeavingCommand[] {
    return this.#succeededBefore.all(then, limit);
  }

  /** Oldest end first. */
  oldestEnded(limit: number): LeavingCommand[] {
    return this.#oldestEnded.all(limit);
  }

  remove({ number }: LeavingCommand): void {
    this.#remove.run(number);
  }

  totals(): LedgerTotals {
    const row = this.#readTotals.get();
    return row ? JSON.parse(row.value) : { rows: 0, bytes: 0 };
  }

  saveTotals(totals: LedgerTotals): void {
    this.#saveTotals.run(JSON.stringify(totals));
  }
}

/** Never throws: a command of which not everything can be read is still one that was there. */
function commandRow({ key, origin, tag, time, outcome, facts, end, bytes }: RawRow): CommandRow {
  const kept = keptOf(facts);
  const ended = end === null ? undefined : keptOf(end);
  const known = COMMAND_OUTCOMES.find((each) => each === outcome);
  const entry: LedgerEntry = {
    key,
    origin: origin as CommandOrigin,
    tag,
    time: utcMs(time),
    facts: kept === undefined ? null : kept,
    outcome: outcome === null ? undefined : (known ?? ('unknown' satisfies CommandOutcome)),
    end: end !== null && ended === undefined ? null : ended,
  };
  const isDamaged =
    kept === undefined ||
    (end !== null && ended === undefined) ||
    (outcome !== null && known === undefined);
  return { entry, bytes, isDamaged };
}

/** Undefined: it is no JSON any more. */
function keptOf(text: string): Kept | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
