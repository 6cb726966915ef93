/**
 * What a disk holds while a recorded process writes to it: of each file what a sync has made certain, and what was
 * written behind that and may be there or not. Names (files made, moved, removed) become certain in their order, with
 * the next sync of any file: ext4 has one journal for them.
 */
import type { Entry } from './disk-recorder.ts';

/** Ids rise in the order of what was done, of changes of contents and of names alike. */
export type Change =
  | { readonly kind: 'write'; readonly id: number; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly id: number; readonly size: number };

type NameChange = { readonly id: number } & (
  | { readonly kind: 'made'; readonly path: string; readonly file: DiskFile }
  | { readonly kind: 'gone'; readonly path: string }
  | { readonly kind: 'moved'; readonly path: string; readonly to: string }
);

/** One file, whatever its name. */
export interface DiskFile {
  readonly id: number;
  /** Certain. */
  base: Buffer;
  /** Not certain, in order. */
  pending: Change[];
  /** Rises with each change of `base`. */
  version: number;
}

export type Names = ReadonlyMap<string, DiskFile>;

/** One file as a cut may leave it: what is certain, and the changes behind it, of which any may be missing. */
export interface Doubt {
  readonly file: DiskFile;
  readonly base: Buffer;
  readonly version: number;
  readonly pending: readonly Change[];
}

/** Everything that a cut may leave: certain names, those behind, and the files. */
export interface Doubts {
  readonly names: Names;
  readonly nameChanges: readonly NameChange[];
  readonly files: ReadonlyMap<DiskFile, Doubt>;
}

/** The most syncs that a lying disk forgets. */
export const LIES_MAX = 3;
const NOTHING = Buffer.alloc(0);

export class Disk {
  #nextId = 1;
  #certain: Names = new Map();
  #nameChanges: NameChange[] = [];
  readonly #now = new Map<string, DiskFile>();
  readonly #byFd = new Map<number, DiskFile | 'folder'>();
  readonly #all = new Set<DiskFile>();
  /** What was in doubt before each of the last syncs, oldest first. */
  readonly #before: Doubts[] = [];

  /** Takes one entry of a trace; marks change nothing. */
  take(entry: Entry): void {
    switch (entry.kind) {
      case 'open':
        this.#open(entry);
        return;
      case 'write':
        this.#change(entry.fd, (id) => ({
          kind: 'write',
          id,
          offset: entry.offset,
          data: entry.data,
        }));
        return;
      case 'truncate':
        this.#change(entry.fd, (id) => ({ kind: 'truncate', id, size: entry.size }));
        return;
      case 'sync':
        this.#sync(entry.fd);
        return;
      case 'failed-sync':
        this.#forget(entry.fd);
        return;
      case 'close':
        this.#byFd.delete(entry.fd);
        return;
      case 'unlink':
        this.#now.delete(entry.path);
        this.#nameChanges.push({ kind: 'gone', id: this.#nextId++, path: entry.path });
        return;
      case 'rename': {
        const { path, to } = entry;
        const file = this.#now.get(path);
        this.#now.delete(path);
        if (file) this.#now.set(to, file);
        this.#nameChanges.push({ kind: 'moved', id: this.#nextId++, path, to });
        return;
      }
      case 'mark':
        return;
      default:
        entry satisfies never;
    }
  }

  /** What a cut now may leave. */
  doubts(): Doubts {
    const files = new Map<DiskFile, Doubt>();
    for (const file of this.#all)
      files.set(file, {
        file,
        base: file.base,
        version: file.version,
        pending: [...file.pending],
      });
    return { names: this.#certain, nameChanges: [...this.#nameChanges], files };
  }

  /** The same where the last `lies` syncs were answered and not done; undefined when there were not so many. */
  lyingDoubts(lies: number): Doubts | undefined {
    const before = this.#before.at(-lies);
    if (before === undefined) return undefined;
    const skipped = this.#before.slice(-lies);
    const since = this.#changesSince(before);
    const files = new Map<DiskFile, Doubt>();
    // One that was made and removed again meanwhile is in none of the first and the last.
    const lied = skipped.flatMap((each) => [...each.files.keys()]);
    for (const file of new Set([...lied, ...this.#all])) {
      const then = before.files.get(file) ?? { file, base: NOTHING, version: 0, pending: [] };
      files.set(file, { ...then, pending: [...then.pending, ...(since.get(file) ?? [])] });
    }
    const nameChanges = [...skipped, this.doubts()].flatMap((each) => each.nameChanges);
    return { names: before.names, nameChanges, files };
  }

  #changesSince(before: Doubts): Map<DiskFile, Change[]> {
    const since = new Map<DiskFile, Change[]>();
    const lists = [...this.#before.slice(this.#before.indexOf(before)), this.doubts()];
    const seen = new Set<number>();
    for (const { pending } of before.files.values()) for (const { id } of pending) seen.add(id);
    for (const { files } of lists)
      for (const [file, { pending }] of files)
        for (const change of pending)
          if (!seen.has(change.id)) {
            seen.add(change.id);
            const known = since.get(file);
            if (known) known.push(change);
            else since.set(file, [change]);
          }
    return since;
  }

  #open({ path, fd, isNew, isCut, isFolder }: Extract<Entry, { kind: 'open' }>): void {
    if (isFolder) {
      this.#byFd.set(fd, 'folder');
      return;
    }
    let file = this.#now.get(path);
    if (file === undefined || isNew) {
      file = { id: this.#nextId++, base: NOTHING, pending: [], version: 0 };
      this.#now.set(path, file);
      this.#all.add(file);
      this.#nameChanges.push({ kind: 'made', id: this.#nextId++, path, file });
    }
    this.#byFd.set(fd, file);
    if (isCut) file.pending.push({ kind: 'truncate', id: this.#nextId++, size: 0 });
  }

  #change(fd: number, changeOf: (id: number) => Change): void {
    const file = this.#byFd.get(fd);
    if (file === undefined || file === 'folder') throw new Error(`${fd} is not open`);
    file.pending.push(changeOf(this.#nextId++));
  }

  #sync(fd: number): void {
    this.#before.push(this.doubts());
    if (this.#before.length > LIES_MAX) this.#before.shift();
    const file = this.#byFd.get(fd);
    if (file !== undefined && file !== 'folder' && file.pending.length > 0) {
      file.base = contentOf(file.base, file.pending);
      file.pending = [];
      file.version++;
    }
    this.#certain = new Map(this.#now);
    this.#nameChanges = [];
    const kept = new Set([...this.#now.values(), ...this.#byFd.values()]);
    for (const each of this.#all) if (!kept.has(each)) this.#all.delete(each);
  }

  /** What was written before a sync that failed never comes to the disk, although whoever reads the file sees it. */
  #forget(fd: number): void {
    const file = this.#byFd.get(fd);
    if (file === undefined || file === 'folder') return;
    file.pending = [];
  }
}

/** The base with the changes in their order. Holes are zeros. */
export function contentOf(base: Buffer, changes: readonly Change[]): Buffer {
  let size = base.length;
  let most = size;
  for (const change of changes) {
    size =
      change.kind === 'write' ? Math.max(size, change.offset + change.data.length) : change.size;
    most = Math.max(most, size);
  }
  const content = Buffer.alloc(most);
  base.copy(content);
  let end = base.length;
  for (const change of changes)
    if (change.kind === 'write') {
      change.data.copy(content, change.offset);
      end = Math.max(end, change.offset + change.data.length);
    } else {
      if (change.size < end) content.fill(0, change.size, end);
      end = change.size;
    }
  return content.subarray(0, end);
}

/** The names after the first `count` of the changes. */
export function namesAfter({ names, nameChanges }: Doubts, count: number): Names {
  const after = new Map(names);
  for (const change of nameChanges.slice(0, count))
    if (change.kind === 'made') after.set(change.path, change.file);
    else if (change.kind === 'gone') after.delete(change.path);
    else {
      const file = after.get(change.path);
      after.delete(change.path);
      if (file) after.set(change.to, file);
    }
  return after;
}
