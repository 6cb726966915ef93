/**
 * The programs and files that tests about real parts need. Where one is missing the tests that are about it are
 * skipped and say so; under CI they fail, so that nothing is green that was not tried.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'vitest';

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

const HEADER_FOLDERS = ['/usr/include', '/usr/local/include'];

/** The path of a program, or undefined when it is not installed. */
export function programPath(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Recorded plants lie beside the repository: their licences are not ours. */
export const TRACES =
  process.env.HEADGATE_TRACES ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'traces');

function isThere(part: string): boolean {
  if (part.startsWith('/')) return existsSync(part);
  if (part.endsWith('.h')) return HEADER_FOLDERS.some((folder) => existsSync(join(folder, part)));
  return programPath(part) !== undefined;
}

/** Throws under CI when one is missing. */
function missingOf(parts: readonly string[]): readonly string[] {
  const missing = parts.filter((part) => !isThere(part));
  if (missing.length > 0 && process.env.CI)
    throw new Error(`${missing.join(', ')} is missing; CI has to install it`);
  return missing;
}

/** `describe` for tests that need these programs, files, or C headers (`modbus/modbus.h`). */
export function describeWith(parts: readonly string[], name: string, body: () => void): void {
  const missing = missingOf(parts);
  const note = missing.length > 0 ? ` (skipped: no ${missing.join(', ')})` : '';
  describe.skipIf(missing.length > 0)(name + note, body);
}

/** The same for a single `test`. */
export const testWith = (parts: readonly string[]) => test.skipIf(missingOf(parts).length > 0);
