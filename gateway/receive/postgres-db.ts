/** PostgreSQL as a store, shared by any number of receivers. The one file that knows the `postgres` package. */
import { type ErrorCode, GatewayError, reasonOf } from '../model/errors.ts';
import { type Db, type Dialect, type Param, type Query, tablesOf } from './db.ts';

/**
 * The time is in the primary key, so that TimescaleDB can make a hypertable of it; times beyond the calendar are put at its
 * ends. A correction takes samples out and puts them in again: a row of a hypertable cannot move to another chunk.
 */
const SAMPLES = `CREATE TABLE IF NOT EXISTS samples (
  time timestamptz NOT NULL, tag integer NOT NULL, journal integer NOT NULL, seq bigint NOT NULL, part integer NOT NULL,
  n integer NOT NULL, number numeric, text text, flag boolean, quality text NOT NULL, basis text NOT NULL,
  PRIMARY KEY (tag, time, journal, seq, part, n))`;

const READINGS = `CREATE OR REPLACE VIEW readings AS
  SELECT t.gw, t.name AS tag, s.time, s.number, s.text, s.flag, s.quality, s.basis, j.epoch, s.seq, s.part, s.n
  FROM samples s JOIN tags t ON t.tag = s.tag JOIN journals j ON j.journal = s.journal`;

const SCHEMA = 'headgate';
/** Receivers that start together make the tables one after the other. */
const SCHEMA_LOCK = 1_214_342_249;

const DIALECT: Dialect = {
  schema: [
    `SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`,
    `CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`,
    ...tablesOf('integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY', 'bigint'),
    SAMPLES,
    `CREATE INDEX IF NOT EXISTS samples_unsynced ON samples (journal, seq) WHERE basis = 'unsynced'`,
    READINGS,
  ],
  now: '(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
  insertParts: `INSERT INTO parts SELECT * FROM json_to_recordset($1::text::json) AS r(
      journal integer, seq bigint, part integer, total integer, class text, device text,
      hist integer, samples integer, "wasEpoch" text, "wasSeq" bigint, at bigint)
    ON CONFLICT DO NOTHING RETURNING journal, seq, part`,
  insertSamples: `INSERT INTO samples SELECT
      to_timestamp(greatest(-62135596800000, least(253402300799999, time)) / 1000),
      tag, journal, seq, part, n, number, text, flag, quality, basis
    FROM json_to_recordset($1::text::json) AS r(
      time double precision, tag integer, journal integer, seq bigint, part integer, n integer,
      number numeric, text text, flag boolean, quality text, basis text)`,
  correct: `WITH moved AS (
      DELETE FROM samples s USING corrections c
      WHERE s.journal = $1 AND s.basis = 'unsynced'
        AND c.journal = s.journal AND s.seq BETWEEN c.first AND c.last
      RETURNING s.*, c.shift_ms)
    INSERT INTO samples SELECT
      time + shift_ms * interval '1 ms', tag, journal, seq, part, n, number, text, flag, quality, 'corrected'
    FROM moved`,
};

const CONNECTIONS = 3;
const CONNECT_SECONDS = 10;

/** Connects when it is first asked. `url`: as libpq takes it; `?host=/run/postgresql` names a socket's folder. */
export async function openPostgres(url: string): Promise<Db> {
  const { default: postgres } = await import('postgres');
  const target = new URL(url);
  const host = target.searchParams.get('host');
  target.searchParams.delete('host');
  const sql = postgres(target.href, {
    ...(host !== null && { host }),
    max: CONNECTIONS,
    connect_timeout: CONNECT_SECONDS,
    onnotice: () => {},
    connection: { application_name: 'headgate receive', search_path: `${SCHEMA}, public` },
    types: {
      // Seqs and milliseconds: far below 2^53.
      count: { to: 20, from: [20], parse: Number, serialize: String },
    },
  });
  const name = `postgres ${host ?? target.host}${target.pathname}`;
  const asked =
    (on: Pick<typeof sql, 'unsafe'>): Query =>
    async <Row>(text: string, params: readonly Param[] = []) => {
      const rows: unknown = await on.unsafe(text, [...params], { prepare: true });
      return rows as readonly Row[];
    };
  const guarded = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw error instanceof GatewayError ? error : storeError(name, error);
    }
  };
  const plain = asked(sql);
  return {
    name,
    dialect: DIALECT,
    query: (text, params) => guarded(() => plain(text, params)),
    transaction: <T>(run: (query: Query) => Promise<T>) =>
      guarded(async () => (await sql.begin((own) => run(asked(own)))) as T),
    close: () => sql.end({ timeout: CONNECT_SECONDS }),
  };
}

/** Classes of SQLSTATE (PostgreSQL, appendix A): data exceptions 22, constraints 23, limits 54. */
function storeError(store: string, error: unknown): GatewayError {
  const state = (error as { readonly code?: unknown }).code;
  const isRefusal = typeof state === 'string' && /^(22|23|54)...$/.test(state);
  const code: ErrorCode = isRefusal ? 'receive.store-refused' : 'receive.store-away';
  return new GatewayError(code, { store, reason: reasonOf(error) }, error);
}
