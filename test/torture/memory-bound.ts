/** Memory of a process, watched and bounded: by a control group where that can be made, and by the watch in any case. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryMb } from '../bench/process-facts.ts';

/** The groups of control groups version 1; those of version 2 have one tree for all. */
const GROUPS_V1 = '/sys/fs/cgroup/memory';
const LOOK_MS = 250;
const MB = 2 ** 20;

export interface MemorySeen {
  /** The most the kernel has booked, VmHWM, in MB of 2^20 bytes. */
  readonly peak: number;
  /** VmRSS in the order of the looks, four a second. */
  readonly rss: readonly number[];
  /** What ended it for its memory; undefined when nothing did. */
  readonly endedBy: string | undefined;
}

export interface MemoryBound {
  /** `a control group`, or what there is instead. */
  readonly by: string;
  /** From now on this process is the one that is watched; figures begin anew. */
  take(pid: number): void;
  seen(): MemorySeen;
  release(): void;
}

/** `limitMb` in MB of 2^20 bytes. In a control group the file cache counts, and is given back before the limit is met. */
export function boundMemory(name: string, limitMb: number): MemoryBound {
  const group = makeGroup(name, limitMb);
  let pid: number | undefined;
  let seen: { peak: number; rss: number[]; endedBy: string | undefined } = anew();
  const look = () => {
    if (pid === undefined || !existsSync(`/proc/${pid}/status`)) return;
    const { rss, peak } = memoryMb(pid);
    // Of a process that is just ending there is nothing to be read.
    if (Number.isNaN(rss)) return;
    seen.rss.push(rss);
    seen.peak = Math.max(seen.peak, peak);
    if (rss <= limitMb) return;
    seen.endedBy = `${Math.round(rss)} MB`;
    process.kill(pid, 'SIGKILL');
  };
  const watching = setInterval(look, LOOK_MS);
  return {
    by: group ? 'a control group' : 'a look four times a second',
    take(started) {
      pid = started;
      seen = anew();
      if (group) writeFileSync(join(group, 'cgroup.procs'), String(started));
    },
    seen() {
      look();
      const killed =
        group &&
        /oom_kill ([1-9]\d*)/.exec(readFileSync(join(group, 'memory.oom_control'), 'utf8'));
      return { ...seen, endedBy: seen.endedBy ?? (killed ? 'the control group' : undefined) };
    },
    release() {
      clearInterval(watching);
      if (group) rmdirSync(group);
    },
  };
}

const anew = () => ({ peak: 0, rss: [], endedBy: undefined });

/** Undefined where this user, or this kernel, makes none. */
function makeGroup(name: string, limitMb: number): string | undefined {
  const group = join(GROUPS_V1, `${name}-${process.pid}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(limitMb * MB));
    return group;
  } catch {
    return undefined;
  }
}
