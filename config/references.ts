/**
 * Secrets and files of a site. A secret is never in the YAML: `${file:/path}`, `${credential:name}` (a
 * file in systemd's $CREDENTIALS_DIRECTORY) or `${env:NAME}` says where it is.
 */
import { resolve } from 'node:path';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import { readText } from './files.ts';

export type Source =
  | {
      readonly kind: 'file' | 'credential' | 'env';
      readonly name: string;
      readonly written: string;
    }
  | { readonly kind: 'plain'; readonly name: string; readonly written: string };

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
  const path = pathOf(source, surroundings);
  if ('code' in path) return path;
  const read = await readText(path.value, LARGEST_SECRET);
  return read.text === undefined ? missing(key, path.value, read) : path;
}

/** The text that a source stands for; a plain source is that text. */
export async function resolveText(
  key: string,
  source: Source,
  surroundings: Surroundings,
): Promise<Resolved> {
  if (source.kind === 'plain') return { value: source.name };
  const path = pathOf(source, surroundings);
  if (source.kind === 'env' || 'code' in path) return path;
  const read = await readText(path.value, LARGEST_SECRET);
  if (read.text === undefined) return missing(key, path.value, read);
  const value = read.text.replace(/\r?\n$/, '');
  if (value === '' || value.includes('\n'))
    return { code: 'config.secret-form', details: { path: path.value } };
  return { value };
}

/** The path a source points to; for a variable, what it holds. */
function pathOf(source: Source, { folder, environment }: Surroundings): Resolved {
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
  return { value: resolve(folder, source.name) };
}

const missing = (
  key: string,
  path: string,
  { code, details }: { readonly code: ErrorCode; readonly details?: ErrorDetails },
): Resolved => ({
  code: 'config.file-missing',
  details: { key, path, reason: String(details?.reason ?? code) },
});
