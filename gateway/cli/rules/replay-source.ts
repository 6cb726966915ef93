/** Where the samples of a replay come from: a journal, or a recorded table. One shape for both. */
import { basename } from 'node:path';
import { readBytes } from '../../../config/files.ts';
import type { Site } from '../../../config/site.ts';
import type { RuleSet } from '../../../rules/rule.ts';
import {
  type JournalItem,
  type JournalReader,
  openJournalReader,
} from '../../journal/file/journal-reader.ts';
import { type Gap, type Seq, seqOf } from '../../journal/journal.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import { flagsOf, LARGEST_RECORDING, rowsOf, titlesOf } from './replay-table.ts';

/** By the time at which they were stored; of a table by the time of the row. */
export interface Span {
  readonly since: UtcMs | undefined;
  readonly until: UtcMs | undefined;
}

/** What is missing in the recording, for the report. */
export interface Losses {
  readonly gaps: readonly Gap[];
  readonly damaged: readonly { readonly seq: number | undefined; readonly reason: string }[];
  /** Further ones that are only counted. */
  readonly more: number;
}

export interface ReplaySource {
  readonly name: string;
  /** The samples of one commit, or of one row, and the share of the way that is done then, 0…1. */
  readonly blocks: Iterable<{ readonly samples: readonly Sample[]; readonly done: number }>;
  /** Whole when the blocks have been gone through. */
  losses(): Losses;
  /** The times that it holds at all, for a message; undefined: nothing. */
  held(): readonly [UtcMs, UtcMs] | undefined;
  close(): void;
}

/**
 * How far back it is looked for what the tags showed when the span began: some hours at a commit a second, and seconds
 * of work. A tag that was silent for longer is unknown until its next sample.
 */
const LOOK_BACK_BLOCKS = 20_000;
const LOOK_BACK_AT_ONCE = 500;
/** The most losses that are told one by one. */
const MOST_LOSSES = 100;
const NO_LOSSES: Losses = { gaps: [], damaged: [], more: 0 };

/**
 * What the tags that are used showed when the span began comes first, as of then. Throws as openJournalReader does.
 */
export function journalSource(
  path: string,
  { since, until }: Span,
  used: ReadonlySet<TagId>,
): ReplaySource {
  const reader = openJournalReader(path);
  const from = since === undefined ? reader.first : reader.firstSince(since);
  const head = reader.head;
  const gaps: Gap[] = [];
  const damaged: { seq: number | undefined; reason: string }[] = [];
  let more = 0;
  const note = (item: JournalItem) => {
    if (gaps.length + damaged.length >= MOST_LOSSES) more++;
    else if (item.kind === 'damaged') damaged.push({ seq: item.seq, reason: item.reason });
    else if (item.gap) gaps.push(item.gap);
  };
  function* blocks() {
    if (from === undefined) return;
    let isFirst = true;
    for (const item of reader.items(from)) {
      if (item.kind !== 'samples') {
        note(item);
        continue;
      }
      if (until !== undefined && item.committedAt > until) return;
      if (item.gap) note(item);
      const [first] = item.samples;
      if (isFirst && first) {
        const { time, timeBasis } = first;
        const known = shownBefore(reader, from, used);
        const samples = known.map((sample) => ({ ...sample, time, timeBasis }));
        if (samples.length > 0) yield { samples, done: 0 };
        isFirst = false;
      }
      const done = (item.seq - from + 1) / Math.max(1, head - from + 1);
      yield { samples: arrived(item.samples, item.committedAt), done: Math.min(1, done) };
    }
  }
  return {
    name: path,
    blocks: blocks(),
    losses: () => ({ gaps, damaged, more }),
    held: () => heldIn(reader),
    close: () => reader.close(),
  };
}

/** The last sample of each tag before a block, as far back as it is looked. */
function shownBefore(
  reader: JournalReader,
  from: Seq,
  used: ReadonlySet<TagId>,
): readonly Sample[] {
  const found = new Map<TagId, Sample>();
  const first = Math.max(reader.first ?? from, from - LOOK_BACK_BLOCKS);
  for (let end: number = from; end > first && found.size < used.size; ) {
    const start = Math.max(first, end - LOOK_BACK_AT_ONCE);
    const latest = new Map<TagId, Sample>();
    for (const item of reader.items(seqOf(start))) {
      if (item.seq === undefined || item.seq >= end) break;
      if (item.kind === 'samples')
        for (const sample of item.samples) if (used.has(sample.tag)) latest.set(sample.tag, sample);
    }
    for (const [tag, sample] of latest) if (!found.has(tag)) found.set(tag, sample);
    end = start;
  }
  return [...found.values()];
}

/** A device whose clock is fast stamps the future; here nothing arrived later than it was stored. */
const arrived = (samples: readonly Sample[], committedAt: UtcMs): readonly Sample[] =>
  samples.map((sample) =>
    sample.timeBasis === 'source' && sample.time > committedAt
      ? { ...sample, time: committedAt }
      : sample,
  );

function heldIn(reader: JournalReader): readonly [UtcMs, UtcMs] | undefined {
  const [first] = reader.items();
  const [last] = reader.items(reader.head);
  return first && last && 'committedAt' in first && 'committedAt' in last
    ? [first.committedAt, last.committedAt]
    : undefined;
}

/** Throws `replay.no-mapping`, `replay.table-invalid` and `import.not-a-table`. */
export async function tableSource(
  path: string,
  site: Site,
  rules: readonly RuleSet[],
  { since, until }: Span,
): Promise<ReplaySource> {
  const file = basename(path);
  const read = await readBytes(path, LARGEST_RECORDING);
  if (!read.bytes) {
    const reason = String(read.details?.reason ?? read.details?.max ?? read.code);
    throw new GatewayError('import.not-a-table', { file: path, reason });
  }
  const mapping = site.simulation?.trace;
  if (!mapping)
    throw new GatewayError('replay.no-mapping', {
      file,
      columns: titlesOf(read.bytes, file).join(', '),
    });
  const { count, rows } = rowsOf(read.bytes, file, mapping, flagsOf(rules));
  let [first, last]: (UtcMs | undefined)[] = [undefined, undefined];
  function* blocks() {
    let row = 0;
    for (const samples of rows) {
      const done = ++row / count;
      const time = samples[0]?.time;
      if (time === undefined) continue;
      first ??= time;
      last = time;
      const isWanted = time >= (since ?? time) && time <= (until ?? time);
      if (isWanted) yield { samples, done };
    }
  }
  return {
    name: path,
    blocks: blocks(),
    losses: () => NO_LOSSES,
    held: () => (first === undefined || last === undefined ? undefined : [first, last]),
    close: () => {},
  };
}
