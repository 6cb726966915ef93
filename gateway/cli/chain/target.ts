/** What a path names: a site, a journal's file, or an export. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { MalformedFile } from '../../journal/file/sqlite-pages.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { requireSite } from '../load-site.ts';
import type { Call } from '../verb.ts';

export type Target =
  | {
      readonly kind: 'journal';
      readonly path: string;
      /** Of the site; undefined where the journal's file itself was named. */
      readonly gateway: string | undefined;
    }
  | { readonly kind: 'export'; readonly path: string };

const SQLITE = 'SQLite format 3\0';
const EXPORT = '{"headgate_export":';

/** Throws `verify.not-readable` and what the files of a site throw. */
export async function targetOf(call: Call, path: string): Promise<Target> {
  const beginning = beginningOf(path);
  if (beginning.startsWith(SQLITE)) return { kind: 'journal', path, gateway: undefined };
  if (beginning.startsWith(EXPORT)) return { kind: 'export', path };
  // Whoever runs it has perhaps just broken the site's files; the journal is where it was.
  const { askedSite } = await import('../../../config/asked-site.ts');
  const asked = await askedSite(path);
  if (asked) return { kind: 'journal', path: asked.journalPath, gateway: asked.gateway };
  if (!isFolder(path) && !/\.ya?ml$/.test(path))
    throw new GatewayError('verify.not-readable', { file: path, reason: 'it begins otherwise' });
  const site = await requireSite(call, path);
  return { kind: 'journal', path: site.journal.path, gateway: site.gateway.id };
}

/** What a reader of a journal throws, for whoever called. */
export const readable = (error: unknown, path: string): unknown =>
  error instanceof MalformedFile
    ? new GatewayError('journal.corrupt', { path, reason: error.message }, error)
    : error;

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Empty of a folder, and of what is not there. */
function beginningOf(path: string): string {
  if (isFolder(path)) return '';
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(EXPORT.length);
      return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new GatewayError('verify.not-readable', { file: path, reason: reasonOf(cause) }, cause);
  }
}
