/** Where a receiver stores: `sqlite:received.db`, `ndjson:folder`, `postgres://…`. */
import { statSync } from 'node:fs';
import { GatewayError } from '../../model/errors.ts';
import type { Db } from '../../receive/db.ts';
import { indexOf, openNdjson } from '../../receive/ndjson-db.ts';
import { openSqlite, openSqliteToRead } from '../../receive/sqlite-db.ts';
import type { Call } from '../verb.ts';

const DEFAULT = 'sqlite:received.db';

/** Throws `cli.usage`, `receive.store-unusable`. */
export async function storeToWrite({ values, clock }: Call): Promise<Db> {
  const written = String(values.to ?? DEFAULT);
  const [kind, place] = placeOf(written);
  if (kind === 'sqlite') return openSqlite(place);
  if (kind === 'ndjson') return openNdjson(place, clock);
  return (await import('../../receive/postgres-db.ts')).openPostgres(written);
}

/** Also beside a receiver that runs. */
export async function storeToRead({ values }: Call): Promise<Db> {
  const written = String(values.to ?? DEFAULT);
  const [kind, place] = placeOf(written);
  if (kind === 'sqlite') return openSqliteToRead(place);
  if (kind === 'ndjson') return openSqliteToRead(indexOf(place));
  return (await import('../../receive/postgres-db.ts')).openPostgres(written);
}

function placeOf(written: string): readonly ['sqlite' | 'ndjson' | 'postgres', string] {
  const [, kind, place = ''] = /^(sqlite|ndjson):(.+)$/.exec(written) ?? [];
  if (kind === 'sqlite' || kind === 'ndjson') {
    const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory();
    if (kind === 'sqlite' && isFolder) throw wrong(`${place} is a folder; say ndjson:${place}`);
    return [kind, place];
  }
  if (/^postgres(ql)?:\/\//.test(written) && URL.canParse(written)) return ['postgres', written];
  throw wrong('--to takes sqlite:<file>, ndjson:<folder> or postgres://<user>@<host>/<database>');
}

const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'receive', problem });
