/** A table of registers among the arguments of a call. */
import { readBytes } from '../../config/files.ts';
import type { Base } from '../../config/import/place.ts';
import { LARGEST_TABLE, readTable, type Table } from '../../config/import/table.ts';
import { GatewayError } from '../model/errors.ts';
import type { Call } from './verb.ts';

/** Throws as `readTable` does. */
export async function tableAt(path: string, file: string): Promise<Table> {
  const read = await readBytes(path, LARGEST_TABLE);
  if (read.bytes) return readTable(read.bytes, file);
  const reason = String(read.details?.reason ?? read.details?.max ?? read.code);
  throw new GatewayError('import.not-a-table', { file: path, reason });
}

/** What `--base` says; undefined where it is left out. Throws `cli.usage`. */
export function baseOption(
  { values: { base } }: Pick<Call, 'values'>,
  verb: string,
): Base | undefined {
  if (base === undefined) return undefined;
  if (base === '0' || base === '1') return base === '0' ? 0 : 1;
  throw new GatewayError('cli.usage', { verb, problem: '--base is 0 or 1' });
}
