/** What every driver promises (drivers/driver.ts), held against the simulated peer of its protocol. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Sample, Value } from '../../gateway/model/sample.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import { disposals } from '../support/disposals.ts';
import { describeWith } from '../support/real-parts.ts';
import { HARNESSES } from './driver-harness/drivers.ts';
import type { TagChoice, WatchedSide } from './driver-harness/harness.ts';
import { deepFrozen, settlesAtOnce, type Talk, talk } from './driver-harness/talk.ts';

/** Of milliseconds, on both sides. */
const ROUNDING: Millis = millis(2);
const NEVER = new AbortController().signal;

for (const harness of HARNESSES)
  describeWith(harness.needs, harness.name, () => {
    const { tags } = harness;
    const dispose = disposals();
    let scene: Talk;
    beforeEach(async () => {
      scene = talk(
        dispose(await harness.setUp(), (each) => {
          each.peer.recover();
          return each.close();
        }),
      );
    });
    const at = () => scene;
    describe('plans', () => plans(tags, at));
    describe('reads', () => reads(tags, at));
    describe('in trouble', () => survives(tags, at));
    describe('writes', () => writes(tags, at));
    describe('closes', () => closes(tags, at));
    if (harness.isWatched) describe('watches', () => watches(tags, at));
  });

type At = () => Talk;

const isGood = ({ quality }: Sample) => quality === 'good';
/** As far as they carry the device's own time. */
const isInOrder = (samples: readonly Sample[]) =>
  samples
    .filter(({ timeBasis }) => timeBasis === 'source')
    .every(({ time }, i, own) => time >= (own[i - 1]?.time ?? time));

const presentOf = ({ present }: TagChoice) => present.map(({ address }) => address);

function plans(tags: TagChoice, at: At): void {
  test('every tag in exactly one group, of its own scan class, under a label of its own', () => {
    const { planner, device, requests, access } = at();
    const often = requests(presentOf(tags));
    const seldom = requests(presentOf(tags), { scanMs: 60_000, from: often.length });
    const all = [...often, ...seldom];
    const groups = planner.plan(device, all, access);
    const planned = groups.flatMap(({ tags: own }) => own.map(({ id }) => id));
    expect([...planned].sort()).toEqual(all.map(({ tag }) => tag.id).sort());
    for (const { scan, tags: own } of groups)
      for (const { id } of own) expect(all.find(({ tag }) => tag.id === id)?.scan).toBe(scan);
    const labels = groups.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('several tags in one group where it can', () => {
    const groups = at().planned(presentOf(tags));
    expect(groups.length).toBeLessThan(tags.present.length);
  });

  test('purely: the same from the same, which is left as it was', () => {
    const { planner, device, requests, access } = at();
    const asked = deepFrozen(requests(presentOf(tags)));
    const shown = () =>
      planner.plan(deepFrozen(device), asked, access).map(({ label, scan, tags: own, cost }) => ({
        label,
        scan,
        cost,
        own: own.map(({ id }) => id),
      }));
    expect(shown()).toEqual(shown());
  });

  test('nothing for nothing', () => {
    expect(at().planned([])).toEqual([]);
  });

  test('names units: equal for equal devices, others for others', () => {
    const { planner, device, twin, stranger } = at();
    expect(planner.unitOf(twin)).toBe(planner.unitOf(device));
    if (stranger !== undefined) expect(planner.unitOf(stranger)).not.toBe(planner.unitOf(device));
  });
}

function reads(tags: TagChoice, at: At): void {
  test('only when it is told to: opening a session sends nothing, whether or not there is a line', async () => {
    const { sent, connect, open, time } = at();
    await time.pass(millis(100));
    expect(sent()).toBe(0);
    await time.settled(connect());
    const before = sent();
    open();
    await time.pass(millis(100));
    expect(sent()).toBe(before);
  });

  test('one sample for each tag, in the order of the group, with its value, when and by whose clock', async () => {
    const { planned, requests, connect, time, read } = at();
    await time.settled(connect());
    const wanted = new Map(
      requests(presentOf(tags)).map(({ tag }, i) => [tag.id, tags.present[i]?.value]),
    );
    const before = time.clock.utc();
    for (const group of planned(presentOf(tags))) {
      const { samples, outcome, turnaround = 0 } = await time.settled(read(group));
      expect(outcome).toBe('answered');
      expect(turnaround).toBeGreaterThanOrEqual(0);
      expect(samples.map(({ tag }) => tag)).toEqual(group.tags.map(({ id }) => id));
      for (const sample of samples) {
        expect(sample).toMatchObject({ value: wanted.get(sample.tag), quality: 'good' });
        if (sample.timeBasis === 'source') continue;
        expect(sample.timeBasis).toBe('gateway');
        expect(sample.time).toBeGreaterThanOrEqual(before - ROUNDING);
        expect(sample.time).toBeLessThanOrEqual(time.clock.utc() + ROUNDING);
      }
    }
  });

  test('what the device does not have as bad, and what stands beside it as good', async () => {
    const { connect, time, readAll } = at();
    await time.settled(connect());
    const { outcomes, sample } = await readAll([...presentOf(tags), ...tags.absent]);
    expect(new Set(outcomes)).toEqual(new Set(['answered']));
    for (const address of tags.absent)
      expect(sample(address)).toMatchObject({ value: null, quality: /^bad:/ });
    for (const { address, value } of tags.present)
      expect(sample(address)).toMatchObject({ value, quality: 'good' });
  });

  test('times that never run backwards', async () => {
    const { connect, time, readAll } = at();
    await time.settled(connect());
    const address = tags.stamped ?? presentOf(tags)[0];
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const sample = (await readAll([address])).sample(address);
      expect(sample?.time).toBeGreaterThanOrEqual(last);
      expect(sample?.timeBasis).toBe(tags.stamped ? 'source' : 'gateway');
      last = sample?.time ?? last;
      await time.pass(millis(50));
    }
  });

  test('several groups at once as it reads each alone, where it takes several', async () => {
    const { connect, session, time, planned, calmly } = at();
    await time.settled(connect());
    const groups = planned(presentOf(tags)).slice(0, session.burst ?? 0);
    const readings = session.readBurst
      ? await time.settled(calmly(async () => session.readBurst?.(groups, NEVER)))
      : [];
    expect(readings?.map(({ samples }) => samples.map(({ tag }) => tag))).toEqual(
      groups.map((group) => group.tags.map(({ id }) => id)),
    );
  });
}

function survives(tags: TagChoice, at: At): void {
  const [some] = presentOf(tags);

  test('silence is bad samples, within the patience and not before, or within that of a probe', async () => {
    const { connect, session, time, group, read, peer, allowance } = at();
    await time.settled(connect());
    peer.beSilent();
    for (const timeout of [undefined, millis(200)]) {
      const start = time.clock.mono();
      const { samples, outcome, turnaround } = await time.settled(
        read(group(some), { ...(timeout && { timeout }) }),
      );
      const took = time.clock.mono() - start;
      expect({ outcome, turnaround }).toEqual({ outcome: 'silent', turnaround: undefined });
      expect(samples).toMatchObject([{ value: null, quality: 'bad:comm' }]);
      expect(took).toBeGreaterThanOrEqual((timeout ?? session.patience) - ROUNDING);
      expect(took).toBeLessThanOrEqual((timeout ?? session.patience) + allowance);
    }
  });

  test('a device that was silent is read again', async () => {
    const { connect, time, group, read, readAll, peer } = at();
    await time.settled(connect());
    peer.beSilent();
    await time.settled(read(group(some)));
    peer.recover();
    const { sample } = await readAll([some]);
    expect(sample(some)).toMatchObject({ quality: 'good' });
  });

  test('a lost connection rejects the read under way, and those after it', async () => {
    const { connect, time, group, read, peer, unanswered } = at();
    await time.settled(connect());
    const { pending } = await unanswered(() => read(group(some)));
    await peer.cut();
    await expect(time.settled(pending)).rejects.toThrow();
    await expect(time.settled(read(group(some)))).rejects.toThrow();
  });

  test('the same session goes on over the next connection', async () => {
    const { connect, time, group, read, readAll, peer, unanswered } = at();
    await time.settled(connect());
    const { pending } = await unanswered(() => read(group(some)));
    await peer.cut();
    await time.settled(pending.catch(() => {}));
    peer.recover();
    await peer.restore();
    await time.settled(connect());
    const { sample } = await readAll([some]);
    expect(sample(some)).toMatchObject({ quality: 'good' });
  });

  test('an abort settles at once, and before the request sends nothing', async () => {
    const { connect, time, group, read, write, peer, unanswered } = at();
    await time.settled(connect());
    const stop = new AbortController();
    const { signal } = stop;
    const { pending } = await unanswered(() => read(group(some), { signal }));
    stop.abort(new Error('enough'));
    expect(await settlesAtOnce(pending)).toBe(true);
    const before = peer.heard();
    expect(await settlesAtOnce(time.settled(read(group(some), { signal })))).toBe(true);
    const { address, values } = tags.writable;
    expect(await settlesAtOnce(time.settled(write(address, values[0], signal)))).toBe(true);
    await time.pass(millis(100));
    expect(peer.heard()).toBe(before);
  });

  test('what was learnt is forgotten as groups of the same tags', async () => {
    const { connect, session, time, readAll, planned } = at();
    await time.settled(connect());
    const all = [...presentOf(tags), ...tags.absent];
    for (let i = 0; i < 3; i++) await readAll(all);
    const groups = session.relearn?.() ?? planned(all);
    const ids = groups.flatMap(({ tags: own }) => own.map(({ id }) => id));
    expect([...ids].sort()).toEqual(
      planned(all)
        .flatMap(({ tags: own }) => own.map(({ id }) => id))
        .sort(),
    );
  });
}

function writes(tags: TagChoice, at: At): void {
  const { address, values } = tags.writable;

  test('what then stands at the device, and is read back', async () => {
    const { connect, time, write, readAll, peer } = at();
    await time.settled(connect());
    for (const value of values) {
      expect(peer.standing()).not.toBe(value);
      expect(await time.settled(write(address, value))).toMatchObject({ outcome: 'written' });
      expect(peer.standing()).toBe(value);
      expect((await readAll([address])).sample(address)).toMatchObject({ value, quality: 'good' });
    }
  });

  test('nothing that may not be written, and says why', async () => {
    const { connect, time, write, peer } = at();
    await time.settled(connect());
    const before = structuredClone(peer.picture());
    for (const { address: readOnly, value } of tags.readOnly) {
      const { outcome, refusal } = await time.settled(write(readOnly, value));
      expect({ readOnly, outcome }).toEqual({ readOnly, outcome: 'rejected' });
      expect(refusal?.code).toMatch(/\./);
      expect(peer.picture()).toEqual(before);
    }
  });

  test('once and never again when the answer is lost: what became of it is unknown', async () => {
    const { connect, session, time, write, readAll, peer, allowance } = at();
    await time.settled(connect());
    await readAll([address]);
    peer.loseAnswers();
    const start = time.clock.mono();
    expect(await time.settled(write(address, values[0]))).toMatchObject({ outcome: 'unknown' });
    expect(time.clock.mono() - start).toBeLessThanOrEqual(session.patience + allowance);
    await time.pass(millis(2 * session.patience));
    expect(peer.written()).toBe(1);
    expect(peer.standing()).toBe(values[0]);
  });

  test('never twice when the connection is lost over it, which rejects', async () => {
    const { connect, time, write, readAll, peer, unanswered } = at();
    await time.settled(connect());
    await readAll([address]);
    const { pending } = await unanswered(() => write(address, values[0]));
    await peer.cut();
    await expect(time.settled(pending)).rejects.toThrow();
    await expect(time.settled(write(address, values[0]))).rejects.toThrow();
    peer.recover();
    await peer.restore();
    await time.settled(connect());
    await time.pass(millis(300));
    expect(peer.written()).toBe(1);
  });
}

function watches(tags: TagChoice, at: At): void {
  const [some] = presentOf(tags);
  const began = async () => {
    const scene = at();
    await scene.time.settled(scene.connect());
    return { ...scene, ...(scene.watched as WatchedSide) };
  };
  test('every tag at least once; one that cannot be watched is bad, and the others go on', async () => {
    const { watch, moving, move } = await began();
    const all = [...presentOf(tags), ...tags.absent];
    const { comes, of } = watch(all);
    for (const { address, value } of tags.present) {
      await comes(address, isGood);
      expect(of(address).at(-1)).toMatchObject({ value });
    }
    for (const address of tags.absent) await comes(address, ({ quality }) => /^bad:/.test(quality));
    const [next] = moving.values;
    move(next as Value);
    await comes(moving.address, ({ value }) => value === next);
    for (const address of tags.absent)
      expect(of(address).every(({ value }) => value === null)).toBe(true);
  });

  test('changes, in their order, at times that never run backwards', async () => {
    const { watch, moving, move } = await began();
    const { comes, of } = watch([moving.address]);
    await comes(moving.address, isGood);
    for (const next of moving.values) {
      move(next);
      await comes(moving.address, ({ value }) => value === next);
    }
    const values = of(moving.address).map(({ value }) => value);
    const changes = values.filter((value, i) => value !== values[i - 1]);
    expect(changes).toEqual([moving.values.at(-1), ...moving.values]);
    expect(isInOrder(of(moving.address))).toBe(true);
  });

  test('until the signal ends it', async () => {
    const { watch, time } = await began();
    const { ended, stop, comes, of } = watch([some]);
    await comes(some, isGood);
    stop();
    await expect(time.settled(ended)).resolves.toBeUndefined();
    const count = of(some).length;
    await time.pass(millis(300));
    expect(of(some).length).toBe(count);
  });

  test('until the session is closed', async () => {
    const { watch, session } = await began();
    const { ended, comes } = watch([some]);
    await comes(some, isGood);
    await session.close();
    expect(await settlesAtOnce(ended)).toBe(true);
  });

  test('until the connection is lost, which rejects; and over the next one again', async () => {
    const { watch, peer, time, link, moving, move, connect } = await began();
    const first = watch([moving.address]);
    await first.comes(moving.address, isGood);
    await peer.cut();
    await expect(time.settled(first.ended)).rejects.toThrow();
    await link.close(false);
    await expect(time.settled(link.connect(NEVER))).rejects.toThrow();
    await peer.restore();
    await time.settled(connect());
    const second = watch([moving.address]);
    await second.comes(moving.address, isGood);
    const [next] = moving.values;
    move(next as Value);
    await second.comes(moving.address, ({ value }) => value === next);
    expect(isInOrder([...first.of(moving.address), ...second.of(moving.address)])).toBe(true);
  });

  test('over a link that opens once, and closes as often as it is told to', async () => {
    const { link, sent, time } = await began();
    const before = sent();
    await time.settled(link.connect(NEVER));
    expect(sent()).toBe(before);
    await time.settled(link.close(true));
    await time.settled(link.close(true));
    await time.settled(link.close(false));
  });
}

function closes(tags: TagChoice, at: At): void {
  const [some] = presentOf(tags);

  test('a read under way, at once', async () => {
    const { connect, session, time, group, read, unanswered } = at();
    await time.settled(connect());
    const { pending } = await unanswered(() => read(group(some)));
    await session.close();
    expect(await settlesAtOnce(pending)).toBe(true);
  });

  test('a write under way, at once', async () => {
    const { connect, session, time, write, readAll, unanswered } = at();
    const { address, values } = tags.writable;
    await time.settled(connect());
    await readAll([address]);
    const { pending } = await unanswered(() => write(address, values[0]));
    await session.close();
    expect(await settlesAtOnce(pending)).toBe(true);
  });

  test('as often as it is told to, with and without a connection; what is asked afterwards settles', async () => {
    const { connect, session, time, group, read } = at();
    await session.close();
    await time.settled(connect());
    await session.close();
    await session.close();
    await time.settled(read(group(some)).catch(() => {}));
  });
}
