/**
 * Reads a site's files, in bounded time whatever lies in the folder: sizes are capped before a byte
 * is parsed, and pipes, devices and loops of links are refused, not waited for.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, type ErrorDetails, reasonOf } from '../gateway/model/errors.ts';
import { type Problem, problem } from './problem.ts';

export const LARGEST_FILE = 2 ** 20;
export const LARGEST_SITE = 8 * 2 ** 20;
const MOST_FILES = 500;
const PROFILES = 'profiles';
/** Beside the site's own folder. */
const FOLDERS = ['devices', PROFILES, 'rules'];
const FIRST_FILE = 'gateway.yaml';

export interface SourceFile {
  /** As given by whoever started us, so that a terminal can follow it. */
  readonly file: string;
  readonly text: string;
  /** Whether it is a profile of the site's own, and no part of the site itself. */
  readonly isProfile: boolean;
}

export interface SourceFiles {
  readonly files: readonly SourceFile[];
  /** What relative paths in the site are relative to. */
  readonly folder: string;
  readonly problems: readonly Problem[];
}

/** `path` is a site's folder or one YAML file. */
export async function readSite(path: string): Promise<SourceFiles> {
  const found = await kindOf(path);
  if (typeof found !== 'string')
    return { files: [], folder: path, problems: [refusal(path, found)] };
  const problems: Problem[] = [];
  const names = found === 'folder' ? await siteFiles(path, problems) : [path];
  const folder = found === 'folder' ? path : join(path, '..');
  const profiles = found === 'folder' ? join(path, PROFILES, '/') : undefined;
  if (names.length === 0 && !problems.some(({ severity }) => severity === 'error'))
    problems.push(refusal(path, { code: 'config.no-yaml', details: { path } }));

  const files: SourceFile[] = [];
  let total = 0;
  for (const file of names) {
    const read = await readText(file, LARGEST_FILE);
    if (read.text === undefined) problems.push(refusal(file, read));
    else {
      const isProfile = profiles !== undefined && file.startsWith(profiles);
      files.push({ file, text: read.text, isProfile });
    }
    total += read.text?.length ?? 0;
    if (total > LARGEST_SITE || files.length > MOST_FILES) {
      const max = total > LARGEST_SITE ? '8 MiB' : `${MOST_FILES} files`;
      problems.push(refusal(file, { code: 'config.site-too-large', details: { max } }));
      break;
    }
  }
  return { files, folder, problems };
}

interface Refused {
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
  readonly text?: undefined;
  readonly bytes?: undefined;
}

/** The text of a regular file of at most `largest` bytes, without a byte-order mark. */
export async function readText(
  path: string,
  largest: number,
): Promise<{ readonly text: string } | Refused> {
  const read = await readBytes(path, largest);
  if (read.bytes === undefined) return read;
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(read.bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { code: 'config.not-utf8' };
    throw error;
  }
}

/** The bytes of a regular file of at most `largest`. */
export async function readBytes(
  path: string,
  largest: number,
): Promise<{ readonly bytes: Uint8Array } | Refused> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe waits for somebody to write into it.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) return { code: 'config.not-a-file' };
    const bytes = await readUpTo(handle, largest + 1);
    if (bytes.length > largest)
      return { code: 'config.file-too-large', details: { max: `${largest / 1024} KiB` } };
    return { bytes };
  } catch (error) {
    return { code: 'config.unreadable', details: { reason: systemReason(error) } };
  } finally {
    await handle?.close();
  }
}

/** `ENOENT: no such file or directory`, without the path behind it, which is told anyway. */
const systemReason = (error: unknown): string => reasonOf(error).split(',')[0] ?? '';

async function readUpTo(handle: FileHandle, most: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < most) {
    const buffer = Buffer.alloc(Math.min(CHUNK, most - length));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return Buffer.concat(chunks);
}

const CHUNK = 64 * 1024;

async function kindOf(path: string): Promise<'folder' | 'file' | Refused> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (gone) return { code: 'config.not-found', details: { path } };
    return { code: 'config.unreadable', details: { reason: systemReason(error) } };
  }
}

/** gateway.yaml first, the others by name; what looks like YAML and is not read is a warning. */
async function siteFiles(site: string, problems: Problem[]): Promise<string[]> {
  const files: string[] = [];
  const top = await namesIn(site, problems);
  for (const folder of ['', ...FOLDERS.filter((name) => top.includes(name))]) {
    const names = folder === '' ? top : await namesIn(join(site, folder), problems);
    for (const name of names) {
      const file = join(site, folder, name);
      if (name.endsWith('.yaml')) files.push(file);
      else if (name.endsWith('.yml'))
        problems.push(
          refusal(file, { code: 'config.file-ignored', details: { path: file } }, 'warning'),
        );
    }
  }
  const first = join(site, FIRST_FILE);
  return files.includes(first) ? [first, ...files.filter((file) => file !== first)] : files;
}

async function namesIn(folder: string, problems: Problem[]): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    const details = { reason: systemReason(error) };
    problems.push(refusal(folder, { code: 'config.unreadable', details }));
    return [];
  }
}

const refusal = (
  file: string,
  { code, details }: Refused,
  severity: Problem['severity'] = 'error',
): Problem => problem({ file, line: 1, col: 1 }, code, details, severity);
