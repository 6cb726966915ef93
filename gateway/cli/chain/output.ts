/** Where an export goes: standard output, or a file that is there as a whole or not at all. */
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import type { Call } from '../verb.ts';

const CHUNK_CHARACTERS = 2 ** 16;

export interface Output {
  line(text: string): void;
  /** Everything is written and safe. */
  done(): void;
  /** Nothing is left of it. */
  drop(): void;
}

/** `file` undefined: standard output. `source` must not be written over. Throws `export.not-written`. */
export function outputTo(
  file: string | undefined,
  source: string,
  call: Pick<Call, 'print'>,
): Output {
  if (file === undefined)
    return { line: (text) => call.print(text), done: () => {}, drop: () => {} };
  const refused = (cause: unknown) =>
    new GatewayError('export.not-written', { file, reason: reasonOf(cause) }, cause);
  const attempt = <T>(act: () => T): T => {
    try {
      return act();
    } catch (cause) {
      throw refused(cause);
    }
  };
  if (isSame(file, source)) throw refused(new Error('it is the journal'));
  const part = `${file}.part`;
  const handle = attempt(() => openSync(part, 'w'));
  let pending = '';
  const flush = () => {
    const bytes = Buffer.from(pending);
    pending = '';
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
  };
  return {
    line(text) {
      pending += `${text}\n`;
      if (pending.length >= CHUNK_CHARACTERS) attempt(flush);
    },
    done: () =>
      attempt(() => {
        flush();
        fsyncSync(handle);
        closeSync(handle);
        renameSync(part, file);
      }),
    drop() {
      closeSync(handle);
      rmSync(part, { force: true });
    },
  };
}

function isSame(file: string, source: string): boolean {
  try {
    return [source, `${source}-wal`].some((one) => realpathSync(file) === realpathSync(one));
  } catch {
    return false;
  }
}
