import { describe, expect, test } from 'vitest';
import {
  arbitrated,
  type Claim,
  claimOf,
  NO_CLAIMS,
  nextAfter,
  ownerOf,
  standing,
  withClaim,
  withoutClaim,
} from '../../../gateway/command/arbiter.ts';
import type { CommandOrigin } from '../../../gateway/model/command.ts';
import { monoMs, utcMs } from '../../../gateway/model/units.ts';

const claim = (origin: CommandOrigin, key: string = origin, until?: number): Claim => ({
  ...{ origin, by: 'x', value: 1, key, since: utcMs(0) },
  until: until === undefined ? undefined : monoMs(until),
});
const claims = (...all: readonly Claim[]) => all.reduce(withClaim, NO_CLAIMS);
const origins = (of: readonly Claim[]) => of.map(({ origin }) => origin);

describe('claims', () => {
  test('are ranked, one an origin', () => {
    const all = claims(
      claim('remote'),
      claim('interlock'),
      claim('rule'),
      claim('local'),
      claim('rule', 'newer'),
    );
    expect(origins(all)).toEqual(['interlock', 'local', 'rule', 'remote']);
    expect(claimOf(all, 'rule')?.key).toBe('newer');
    expect(ownerOf(withoutClaim(all, 'interlock'))?.origin).toBe('local');
    expect(ownerOf(NO_CLAIMS)).toBeUndefined();
  });

  test('end at their time, and are the same while none does', () => {
    const all = claims(claim('local', 'a', 10), claim('rule', 'b'));
    expect(standing(all, monoMs(9))).toBe(all);
    expect(origins(standing(all, monoMs(10)))).toEqual(['rule']);
  });
});

describe('a command that comes', () => {
  test.each<[CommandOrigin | undefined, CommandOrigin, boolean, string]>([
    [undefined, 'remote', false, 'takes-over'],
    ['interlock', 'interlock', true, 'takes-over'],
    ['interlock', 'local', true, 'waits'],
    ['interlock', 'local', false, 'refused'],
    ['interlock', 'rule', true, 'waits'],
    ['interlock', 'remote', true, 'refused'],
    ['local', 'local', false, 'takes-over'],
    ['local', 'rule', true, 'waits'],
    ['local', 'rule', false, 'refused'],
    ['local', 'remote', true, 'refused'],
    ['rule', 'local', false, 'takes-over'],
    ['rule', 'rule', true, 'takes-over'],
    ['rule', 'remote', true, 'refused'],
    ['remote', 'remote', false, 'takes-over'],
    ['remote', 'rule', true, 'takes-over'],
  ])('with %s as the owner, from %s (claiming: %s), %s', (owner, origin, isClaiming, expected) => {
    const before = owner === undefined ? NO_CLAIMS : claims(claim(owner));
    expect(arbitrated(before, { origin, isClaiming })).toBe(expected);
  });
});

describe('what follows', () => {
  const all = claims(claim('local'), claim('rule'), claim('remote'));
  test('the next claim gets its way when the owner’s is over', () => {
    expect(nextAfter(all, withoutClaim(all, 'local'))).toMatchObject({ claim: { origin: 'rule' } });
  });
  test('nobody is left when the last is over', () => {
    expect(nextAfter(claims(claim('rule')), NO_CLAIMS)).toEqual({ kind: 'silence' });
  });
  test.each([
    ['nothing was claimed', NO_CLAIMS, NO_CLAIMS],
    ['a claim below the owner’s is over', all, withoutClaim(all, 'rule')],
    ['somebody higher came', all, withClaim(all, claim('interlock'))],
    ['the same origin took over', all, withClaim(all, claim('local', 'newer'))],
    ['the first claim came', NO_CLAIMS, all],
  ])('nothing when %s', (_, before, after) => {
    expect(nextAfter(before, after)).toEqual({ kind: 'nothing' });
  });
});
