/** The library of disk-recorder.c: compiled here, preloaded into a process, and what it wrote down about that. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'disk-recorder.c');
const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'disk-recorder');
const LIBRARY = join(CACHE, 'disk-recorder.so');
/** Where a recorded process writes its marks. */
export const MARK_FD = 3;

/** Compiles the library where it is older than its source; needs gcc. */
export function recorderLibrary(): string {
  mkdirSync(CACHE, { recursive: true });
  const made = statSync(LIBRARY, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made < statSync(SOURCE).mtimeMs) {
    const fresh = `${LIBRARY}.${process.pid}`;
    execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', fresh, SOURCE]);
    renameSync(fresh, LIBRARY);
  }
  return LIBRARY;
}

/** What happened to the files, in order. `at` is monotonic, in ms. */
export type Entry =
  | {
      readonly kind: 'open';
      readonly at: number;
      readonly fd: number;
      readonly path: string;
      readonly isNew: boolean;
      readonly isCut: boolean;
      readonly isFolder: boolean;
    }
  | {
      readonly kind: 'write';
      readonly at: number;
      readonly fd: number;
      readonly offset: number;
      readonly data: Buffer;
    }
  | {
      readonly kind: 'truncate';
      readonly at: number;
      readonly fd: number;
      readonly size: number;
    }
  | {
      readonly kind: 'sync' | 'failed-sync' | 'close';
      readonly at: number;
      readonly fd: number;
    }
  | { readonly kind: 'unlink'; readonly at: number; readonly path: string }
  | {
      readonly kind: 'rename';
      readonly at: number;
      readonly path: string;
      readonly to: string;
    }
  /** What the process said about itself. */
  | { readonly kind: 'mark'; readonly at: number; readonly text: string };

const HEADER_BYTES = 32;
const CREATED = 1;
const CUT = 2;
const FOLDER = 4;

/** Reads a trace file. */
export function readTrace(path: string): Entry[] {
  const bytes = readFileSync(path);
  const entries: Entry[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 24);
    const data = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    entries.push(entryOf(bytes, at, data));
    at += HEADER_BYTES + length;
  }
  return entries;
}

function entryOf(bytes: Buffer, start: number, data: Buffer): Entry {
  const kind = bytes.readUInt32LE(start);
  const fd = bytes.readInt32LE(start + 4);
  const place = Number(bytes.readBigUInt64LE(start + 8));
  const at = Number(bytes.readBigUInt64LE(start + 16)) / 1e6;
  const flags = bytes.readUInt32LE(start + 28);
  switch (kind) {
    case 1: {
      const [isNew, isCut, isFolder] = [CREATED, CUT, FOLDER].map((bit) => (flags & bit) !== 0) as [
        boolean,
        boolean,
        boolean,
      ];
      return { kind: 'open', at, fd, path: data.toString(), isNew, isCut, isFolder };
    }
    case 2:
      return { kind: 'write', at, fd, offset: place, data };
    case 3:
      return { kind: 'truncate', at, fd, size: place };
    case 4:
      return { kind: 'sync', at, fd };
    case 5:
      return { kind: 'unlink', at, path: data.toString() };
    case 6: {
      const [path = '', to = ''] = data.toString().split('\0');
      return { kind: 'rename', at, path, to };
    }
    case 7:
      return { kind: 'close', at, fd };
    case 8:
      return { kind: 'mark', at, text: data.toString() };
    case 9:
      return { kind: 'failed-sync', at, fd };
    default:
      throw new Error(`the trace has an entry of kind ${kind}, which is not modelled`);
  }
}

const CALLS = { open: 1, write: 2, truncate: 3, sync: 4, unlink: 5, rename: 6 } as const;
export type CallKind = keyof typeof CALLS;
/** A write that takes half of what it was given. */
export const SHORT_WRITE = 1000;
export const FAULT_ERRORS = {
  EIO: constants.errno.EIO,
  ENOSPC: constants.errno.ENOSPC,
  EROFS: constants.errno.EROFS,
  short: SHORT_WRITE,
} as const;

/** The `after`-th call of a kind from now fails, and the `times - 1` that follow. */
export interface Fault {
  readonly kind: CallKind;
  readonly after: number;
  readonly times: number;
  readonly error: number;
}

export interface FaultCounts {
  /** Calls that failed. */
  readonly hits: number;
  /** Descriptors whose sync has failed and that are open still. */
  readonly failedOpen: number;
}

const SLOTS = 2;
const SLOT_BYTES = 16;
const PAGE_BYTES = 4096;
const HITS_AT = SLOTS * SLOT_BYTES;

/** The page that a process with the library preloaded shares: which calls fail, and how many did. */
export class FaultPage {
  readonly path: string;
  readonly #fd: number;

  /** `attach`: another process made it. */
  constructor(path: string, way: 'make' | 'attach' = 'make') {
    this.path = path;
    this.#fd = openSync(path, way === 'make' ? 'w+' : 'r+');
    if (way === 'make') writeSync(this.#fd, Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, 0);
  }

  /** At most two; none lifts what is left of those before. */
  arm(faults: readonly Fault[]): void {
    const slots = Buffer.alloc(HITS_AT);
    for (const [index, { kind, after, times, error }] of faults.slice(0, SLOTS).entries())
      for (const [field, value] of [CALLS[kind], after, times, error].entries())
        slots.writeUInt32LE(value, index * SLOT_BYTES + field * 4);
    writeSync(this.#fd, slots, 0, slots.length, 0);
  }

  counts(): FaultCounts {
    const bytes = Buffer.alloc(8);
    readSync(this.#fd, bytes, 0, bytes.length, HITS_AT);
    return { hits: bytes.readUInt32LE(0), failedOpen: bytes.readUInt32LE(4) };
  }

  close(): void {
    closeSync(this.#fd);
  }
}
