import { expect, it } from 'vitest';
import { Echoes } from '../../../gateway/forward/echoes.ts';

/** A line on which each PINGREQ is noted. */
function line() {
  const done: string[] = [];
  const echoes: Echoes = new Echoes(() => echoes.sent());
  const ask = (name: string) => echoes.next(() => done.push(name));
  return { echoes, done, ask };
}

it('answers what was asked before the request went out, and nothing that was asked behind it', () => {
  const { echoes, done, ask } = line();
  ask('a');
  ask('b');
  ask('c');
  expect(done).toEqual([]);
  echoes.answered();
  expect(done).toEqual(['a']);
  echoes.answered();
  expect(done).toEqual(['a', 'b', 'c']);
});

it('does not take the answer to a request of the keepalive for one that came later', () => {
  const { echoes, done, ask } = line();
  echoes.sent();
  ask('a');
  echoes.answered();
  expect(done).toEqual([]);
  echoes.answered();
  expect(done).toEqual(['a']);
});

it('takes a request of the keepalive that went out behind as good as its own', () => {
  const { echoes, done, ask } = line();
  ask('a');
  ask('b');
  echoes.sent();
  echoes.answered();
  echoes.answered();
  expect(done).toEqual(['a', 'b']);
});
