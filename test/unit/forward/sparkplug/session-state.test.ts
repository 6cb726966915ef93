/** What an edge node keeps between messages: the state of its primary host, and the number of birth and death. */
import { describe, expect, it } from 'vitest';
import { BdSeq } from '../../../../gateway/forward/sparkplug/bd-seq.ts';
import { PrimaryHost, readState } from '../../../../gateway/forward/sparkplug/host-state.ts';
import { memoryStateStore } from '../../../../gateway/host/state-store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the state of a primary host', () => {
  const said = (online: boolean, timestamp?: number) =>
    bytes(JSON.stringify({ online, timestamp }));

  it('is read leniently, and not guessed', () => {
    expect(readState(said(true, 5))).toEqual({ online: true, timestamp: 5 });
    expect(readState(bytes('{"online":false,"timestamp":5,"more":1}'))).toMatchObject({
      online: false,
    });
    expect(readState(said(true))).toEqual({ online: true, timestamp: undefined });
    for (const text of [
      'ONLINE',
      '',
      '[]',
      'null',
      '{"online":"true"}',
      '{"online":true,"timestamp":"5"}',
    ])
      expect(readState(bytes(text)), text).toBeUndefined();
    expect(readState(new Uint8Array([0xff, 0xfe]))).toBeUndefined();
  });

  it('changes with messages that are not older than the last', () => {
    const host = new PrimaryHost();
    expect(host.take(said(false, 10))).toBeUndefined();
    expect(host.take(said(true, 9))).toBeUndefined();
    expect(host.take(said(true, 10))).toBe('online');
    expect(host.take(said(true, 11))).toBeUndefined();
    expect(host.take(said(false, 10))).toBeUndefined();
    expect(host.take(said(false, 11))).toBe('offline');
    // A host that says no time is believed.
    expect(host.take(said(true))).toBe('online');
  });
});

describe('the number of birth and death', () => {
  it('is one more each time, from 0 to 255 and again, over restarts', async () => {
    const state = memoryStateStore();
    const first = new BdSeq(state);
    const numbers = [];
    for (let i = 0; i < 258; i++) numbers.push(await first.next());
    expect(numbers).toEqual([...Array.from({ length: 256 }, (_, i) => i), 0, 1]);
    expect(await new BdSeq(state).next()).toBe(2);
  });

  it('is the same again when no broker has seen it', async () => {
    const numbers = new BdSeq(memoryStateStore());
    expect(await numbers.next()).toBe(0);
    numbers.unused();
    expect(await numbers.next()).toBe(0);
    expect(await numbers.next()).toBe(1);
  });

  it('begins at 0 where what was kept makes no sense', async () => {
    for (const kept of ['7', -1, 256, 1.5, null]) {
      const state = memoryStateStore();
      state.set('bdSeq', kept);
      expect(await new BdSeq(state).next()).toBe(0);
    }
  });
});
