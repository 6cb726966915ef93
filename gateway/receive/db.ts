/** A database as the store sees it: SQL with `$1`, `$2`, …, transactions, and what the two kinds say differently. */

export type Param = string | number | null;
export type Query = <Row>(text: string, params?: readonly Param[]) => Promise<readonly Row[]>;

/**
 * Rejects with `receive.store-away` for what passes by itself or by somebody's hand, and with `receive.store-refused` where
 * the same would fail again.
 */
export interface Db {
  /** Without the password. */
  readonly name: string;
  readonly dialect: Dialect;
  readonly query: Query;
  /** All of it or nothing; nobody else's statements come between. */
  transaction<T>(run: (query: Query) => Promise<T>): Promise<T>;
  /** Takes what is no row: samples of a store that keeps them in files. Part of the transaction it is called in. */
  readonly append?: (query: Query, lines: readonly string[]) => Promise<void>;
  close(): Promise<void>;
}

export interface Dialect {
  readonly schema: readonly string[];
  /** UTC ms by the database's clock, which all receivers share. */
  readonly now: string;
  /** $1: parts as JSON. Gives (journal, seq, part) of those that were not there. */
  readonly insertParts: string;
  /** $1: samples as JSON. */
  readonly insertSamples: string;
  /** $1: a journal. Moves its unsynced samples that a correction is known for. */
  readonly correct: string;
}

/** Which of a block's parts are there, and the tables around the samples: the same in both kinds. Times are UTC ms. */
export const tablesOf = (key: string, long: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS journals (
    journal ${key}, gw text NOT NULL, epoch text NOT NULL,
    base ${long}, judged ${long} NOT NULL DEFAULT 0,
    lease_by text, lease_until_ms ${long} NOT NULL DEFAULT 0, UNIQUE (gw, epoch))`,
  `CREATE TABLE IF NOT EXISTS tags (tag ${key}, gw text NOT NULL, name text NOT NULL, UNIQUE (gw, name))`,
  `CREATE TABLE IF NOT EXISTS parts (
    journal integer NOT NULL, seq ${long} NOT NULL, part integer NOT NULL, parts_total integer NOT NULL,
    class text, device text NOT NULL, hist integer NOT NULL, samples integer NOT NULL,
    salvaged_epoch text, salvaged_seq ${long}, received_ms ${long} NOT NULL, PRIMARY KEY (journal, seq, part))`,
  `CREATE TABLE IF NOT EXISTS gaps (
    journal integer NOT NULL, said text NOT NULL, seq ${long} NOT NULL, first ${long}, last ${long},
    reason text, class text, samples ${long}, from_ms double precision, to_ms double precision,
    PRIMARY KEY (journal, said, seq))`,
  `CREATE TABLE IF NOT EXISTS watermarks (
    journal integer PRIMARY KEY, head ${long} NOT NULL, acked ${long} NOT NULL, heard_ms ${long} NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS days (
    journal integer NOT NULL, day text NOT NULL, first ${long} NOT NULL, last ${long} NOT NULL,
    link text NOT NULL, other_link text, PRIMARY KEY (journal, day))`,
  `CREATE TABLE IF NOT EXISTS corrections (
    journal integer NOT NULL, first ${long} NOT NULL, last ${long} NOT NULL, shift_ms ${long} NOT NULL,
    PRIMARY KEY (journal, first))`,
  `CREATE TABLE IF NOT EXISTS gateways (
    gw text PRIMARY KEY, online integer NOT NULL, version text NOT NULL, config text NOT NULL, epoch text NOT NULL,
    since_ms double precision, heard_ms ${long} NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS headgate_schema (version integer PRIMARY KEY)`,
  `INSERT INTO headgate_schema VALUES (1) ON CONFLICT DO NOTHING`,
];
