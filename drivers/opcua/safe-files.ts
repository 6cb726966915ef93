/**
 * Small files that a power cut leaves whole, old or new: written beside, synced, then named. Made by an administrator
 * they belong to the owner of their folder all the same, or the gateway could not read its own key.
 */
import { chown, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';

/** For the owner only. */
export const SECRET = 0o600;
export const PUBLIC = 0o644;
export const SECRET_FOLDER = 0o700;
const PUBLIC_FOLDER = 0o755;
/** Nobody else in this process writes under the same name. */
let parts = 0;

/** Makes the folder, and those above it that are missing. */
export async function ensureFolder(path: string, mode = PUBLIC_FOLDER): Promise<void> {
  if (await isThere(path)) return;
  const parent = dirname(path);
  await ensureFolder(parent);
  await mkdir(path, { mode, recursive: true });
  await inherit(path, parent);
}

/** Writes a file that is not there yet; false, and nothing done, when somebody else was first. */
export const createFile = (path: string, data: string | Uint8Array, mode: number) =>
  written(path, data, mode, async (beside) => {
    try {
      await link(beside, path);
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await rm(beside, { force: true });
    }
  });

/** Writes a file in the place of the one that may be there. */
export const replaceFile = (path: string, data: string | Uint8Array, mode: number) =>
  written(path, data, mode, (beside) => rename(beside, path));

async function written<T>(
  path: string,
  data: string | Uint8Array,
  mode: number,
  name: (beside: string) => Promise<T>,
): Promise<T> {
  const folder = dirname(path);
  const beside = join(folder, `.${process.pid}-${++parts}.part`);
  await rm(beside, { force: true });
  const file = await open(beside, 'wx', mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await inherit(beside, folder);
  const result = await name(beside);
  await syncFolder(folder);
  return result;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function inherit(path: string, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  await chown(path, uid, gid);
}

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (isCode(error, 'ENOENT')) return false;
      throw error;
    },
  );

/** What the work gives; what the disk refuses becomes `trust.folder-unusable`. */
export async function usingFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('trust.folder-unusable', { folder, reason: reasonOf(error) }, error);
  }
}

/** Whether the operating system gave this reason. */
export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
