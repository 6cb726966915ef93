/**
 * Secrets and files of a site. A secret is never in the YAML: `${file:/path}`, `${credential:name}` (a
 * file in systemd's $CREDENTIALS_DIRECTORY) or `${env:NAME}` says where it is.
 */
import { resolve } from 'node:path';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import { LARGEST_FILE, readText } from './files.ts';

export interface Source {
  readonly kind: 'plain' | 'file' | 'credential' | 'env';
  /** What stands behind the colon; all of it when plain. */
  readonly name: string;
  readonly written: string;
}

/** What references are resolved against. */
export interface Surroundings {
  /** The site's folder. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Resolved =
  | { readonly value: string }
  | { readonly code: ErrorCode; readonly details: ErrorDetails };

const REFERENCE = /^\$\{(file|credential|env):([^{}]+)\}$/;
const CREDENTIAL_NAME = /^[\w][\w.-]*$/;
const LARGEST_SECRET = 64 * 1024;
/** A bundle of all public authorities takes 250 kB. */
const LARGEST_CERTIFICATE = LARGEST_FILE;

/** What was written, taken apart; undefined when it looks like a reference and is none. */
export function parseSource(written: string): Source | undefined {
  const [, kind, name = ''] = REFERENCE.exec(written) ?? [];
  if (kind === 'file' || kind === 'env') return { kind, name, written };
  if (kind === 'credential' && CREDENTIAL_NAME.test(name)) return { kind, name, written };
  return written.includes('${') ? undefined : { kind: 'plain', name: written, written };
}

/** The absolute path of a file that exists and can be read; a plain source is a path. */
export async function resolvePath(
  key: string,
  source: Source,
  surroundings: Surroundings,
): Promise<Resolved> {
  const found = lookUp(source, surroundings);
  if ('code' in found) return found;
  const path = resolve(surroundings.folder, found.value);
  const read = await readText(path, LARGEST_CERTIFICATE);
  return read.text === undefined ? missing(key, path, read) : { value: path };
}

/** The text that a source stands for; a plain source is that text. */
export async function resolveText(
  key: string,
  source: Source,
  surroundings: Surroundings,
): Promise<Resolved> {
  if (source.kind === 'plain') return { value: source.name };
  const found = lookUp(source, surroundings);
  if (source.kind === 'env' || 'code' in found) return found;
  const path = resolve(surroundings.folder, found.value);
  const read = await readText(path, LARGEST_SECRET);
  if (read.text === undefined) return missing(key, path, read);
  const value = read.text.replace(/\r?\n$/, '');
  if (value === '' || value.includes('\n'))
    return { code: 'config.secret-form', details: { path } };
  return { value };
}

/** The path a source points to; for a variable, what it holds. */
function lookUp(source: Source, { environment }: Surroundings): Resolved {
  if (source.kind === 'credential') {
    const directory = environment.CREDENTIALS_DIRECTORY;
    if (!directory) return { code: 'config.no-credentials', details: { found: source.written } };
    return { value: resolve(directory, source.name) };
  }
  if (source.kind === 'env') {
    const value = environment[source.name];
    if (!value) return { code: 'config.variable-unset', details: { found: source.written } };
    return { value };
  }
  return { value: source.name };
}

const missing = (
  key: string,
  path: string,
  { code, details }: { readonly code: ErrorCode; readonly details?: ErrorDetails },
): Resolved => ({
  code: 'config.file-missing',
  details: { key, path, reason: String(details?.reason ?? code) },
});
