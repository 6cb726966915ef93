/** A new folder with a site in it; nothing that is there already is ever touched. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KitFile } from '../../../config/kits.ts';
import { GatewayError } from '../../model/errors.ts';

/** Throws `cli.folder-taken` where something lies in the folder, and `cli.not-written` where there can be none. */
export async function requireFree(folder: string): Promise<void> {
  const names = await attempt(folder, () => readdir(folder).catch(noneWhereMissing));
  if (names.length > 0) throw new GatewayError('cli.folder-taken', { folder });
}

/** Throws as `requireFree` does. */
export async function writeSite(folder: string, files: readonly KitFile[]): Promise<void> {
  await requireFree(folder);
  await attempt(folder, async () => {
    for (const { path, bytes } of files) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes, { flag: 'wx' });
    }
  });
}

function noneWhereMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

async function attempt<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new GatewayError('cli.not-written', { file }, error);
  }
}
