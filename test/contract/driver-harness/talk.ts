/** What the contract suite says to a session, by addresses as people write them. */
import type { Group, Reading, TagRequest, Watcher, Written } from '../../../drivers/driver.ts';
import type { Sample, TagId, Value } from '../../../gateway/model/sample.ts';
import type { Millis } from '../../../gateway/model/units.ts';
import type { Scene } from './harness.ts';
import { parsedTag } from './parsed.ts';

/** A driver that learns may take a group apart so often, as far as the suite goes. */
const MOST_REGROUPINGS = 20;
/** So that nobody waits for the next report. */
const WATCHED_EVERY_MS = 100;
const never = new AbortController().signal;

export interface Talk extends Scene {
  /** Tags `t<from>` and on. */
  requests(
    addresses: readonly unknown[],
    options?: { readonly scanMs?: number; readonly from?: number },
  ): readonly TagRequest<unknown>[];
  planned(addresses: readonly unknown[]): readonly Group[];
  /** The group of one tag. */
  group(address: unknown): Group;
  read(
    group: Group,
    options?: { readonly signal?: AbortSignal; readonly timeout?: Millis },
  ): Promise<Reading>;
  /** Lets time pass until all is read, and follows what the driver learns on the way. */
  readAll(addresses: readonly unknown[]): Promise<ReadAll>;
  write(address: unknown, value: Value, signal?: AbortSignal): Promise<Written>;
  /** Watches these tags until `stop`, or until the link is lost. */
  watch(addresses: readonly unknown[]): Watch;
  /** Makes a call that the peer gets to know of and takes no notice of. */
  unanswered<T>(call: () => Promise<T>): Promise<{ readonly pending: Promise<T> }>;
}

export interface Watch {
  readonly ended: Promise<void>;
  stop(): void;
  /** What came of a tag so far, oldest first. */
  of(address: unknown): readonly Sample[];
  /** Lets time pass until the newest sample of a tag passes. */
  comes(address: unknown, passes: (sample: Sample) => boolean): Promise<void>;
}

export interface ReadAll {
  readonly outcomes: readonly Reading['outcome'][];
  /** By address, as it was asked for. */
  sample(address: unknown): Sample | undefined;
}

export function talk(scene: Scene): Talk {
  const { planner, protocol, device, access, session, time, peer, calmly } = scene;
  const requests: Talk['requests'] = (addresses, { scanMs = 1000, from = 0 } = {}) =>
    addresses.map((address, i) => parsedTag(protocol, address, { index: from + i, scanMs }));
  const planned: Talk['planned'] = (addresses) => planner.plan(device, requests(addresses), access);
  const group: Talk['group'] = (address) => planned([address])[0] as Group;
  const read: Talk['read'] = (of, { signal = never, timeout } = {}) =>
    calmly(() => session.read(of, signal, timeout));
  return {
    ...scene,
    requests,
    planned,
    group,
    read,
    async readAll(addresses) {
      const samples = new Map<TagId, Sample>();
      const outcomes: Reading['outcome'][] = [];
      const queue = [...planned(addresses)];
      for (let reads = 0; reads < MOST_REGROUPINGS; reads++) {
        const next = queue.shift();
        if (!next) break;
        const reading = await time.settled(read(next));
        outcomes.push(reading.outcome);
        queue.unshift(...(reading.regroup ?? []));
        for (const sample of reading.samples) samples.set(sample.tag, sample);
      }
      const ids = requests(addresses).map(({ tag }) => tag.id);
      return {
        outcomes,
        sample: (address) => samples.get(ids[addresses.indexOf(address)] as TagId),
      };
    },
    write(address, value, signal = never) {
      const [request] = requests([address]);
      if (!request || !session.write) throw new Error('the session cannot write');
      return calmly(async () => {
        if (!session.write) throw new Error('the session cannot write');
        return session.write({ tag: request.tag, address: request.address, value }, signal);
      });
    },
    watch(addresses) {
      if (!scene.watched) throw new Error('nothing reports by itself here');
      const stop = new AbortController();
      const came: Sample[] = [];
      const watcher: Watcher = {
        samples: (samples) => void came.push(...samples),
        alarm() {},
        standing() {},
      };
      const wanted = requests(addresses, { scanMs: WATCHED_EVERY_MS });
      const groups = planner.plan(device, wanted, access);
      const ended = scene.watched.session.watch(groups, watcher, stop.signal);
      ended.catch(() => {});
      const ids = wanted.map(({ tag }) => tag.id);
      const of = (address: unknown) =>
        came.filter(({ tag }) => tag === ids[addresses.indexOf(address)]);
      return {
        ended,
        stop: () => stop.abort(),
        of,
        comes: (address, passes) =>
          time.until(`a sample of ${JSON.stringify(address)}`, () => {
            const newest = of(address).at(-1);
            return newest !== undefined && passes(newest);
          }),
      };
    },
    async unanswered(call) {
      peer.beSilent();
      const before = peer.heard();
      const pending = call();
      pending.catch(() => {});
      await time.until('a request at the peer', () => peer.heard() > before);
      return { pending };
    },
  };
}

/** Whether the promise settles, however, while nothing else happens and virtual time stands still. */
export async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let limit: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>((resolve) => {
    limit = setTimeout(() => resolve(false), PROMPT_MS);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, tooLong]).finally(() => clearTimeout(limit));
}

/** Of a busy machine; less than any patience. */
const PROMPT_MS = 450;

/** The same value, which nobody can change any more, nor anything in it. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFrozen(part);
  return value;
}
