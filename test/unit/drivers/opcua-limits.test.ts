import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chunks,
  inChunks,
  KNOWN_SERVERS,
  limitOf,
  limitsOf,
  NO_LIMITS,
  readLimits,
} from '../../../drivers/opcua/limits.ts';
import { ServiceFault } from '../../../drivers/opcua/link.ts';
import { StatusCodes } from '../../../drivers/opcua/stack.ts';
import { memoryServer } from '../../support/opcua-memory-server.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const saying = (id: number, value: unknown) => ({
  id: `i=${id}`,
  name: `n${id}`,
  nodeClass: 'Variable' as const,
  value,
});

describe('the limits of a server', () => {
  test('are what it says of itself', async () => {
    const server = memoryServer([saying(11705, 100), saying(11714, 50), saying(24104, 500)]);
    expect(await readLimits(server)).toEqual({
      ...NO_LIMITS,
      nodesPerRead: 100,
      itemsPerCall: 50,
      itemsPerSubscription: 500,
    });
  });

  test('are not known where it says nothing, says 0, or says something else', async () => {
    const server = memoryServer([saying(11705, 0), saying(11710, 'many')]);
    expect(await readLimits(server)).toEqual(NO_LIMITS);
  });

  test('are asked for in small requests where a server refuses large ones', async () => {
    const server = memoryServer([saying(11705, 2), saying(11714, 50)], { refusesAbove: 2 });
    expect(await readLimits(server)).toMatchObject({ nodesPerRead: 2, itemsPerCall: 50 });
  });

  test('are those of its product where it says nothing itself', async () => {
    const server = memoryServer([saying(2261, 'SIMATIC S7-1500'), saying(11705, 200)]);
    expect(await readLimits(server)).toMatchObject({ nodesPerRead: 200, itemsPerCall: 1_000 });
  });

  test('of known products all name their source', () => {
    for (const { source, limits } of KNOWN_SERVERS) {
      expect(source).not.toBe('');
      for (const limit of Object.values(limits)) expect(limit).toBeGreaterThan(0);
    }
  });

  test('hold no request back further than is sensible, and never below one', () => {
    expect(limitOf({ limits: NO_LIMITS }, 'nodesPerRead')).toBe(1_000);
    expect(limitOf({ limits: limitsOf({ nodesPerRead: 1e9 }, '') }, 'nodesPerRead')).toBe(1_000);
    expect(limitOf({ limits: limitsOf({ nodesPerRead: 7 }, '') }, 'nodesPerRead')).toBe(7);
  });
});

describe('many items', () => {
  test('go in pieces that together are all of them, in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, size) => {
        const pieces = chunks(items, size);
        expect(pieces.flat()).toEqual(items);
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(size);
      }),
    );
  });

  test('bring one result each, whatever the server refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (count, most) => {
          const link = { limits: NO_LIMITS };
          const results = await inChunks(link, 'nodesPerRead', numbers(count), async (chunk) => {
            if (chunk.length > most) throw new ServiceFault(StatusCodes.BadTooManyOperations);
            return chunk.map((item) => item * 2);
          });
          expect(results).toEqual(numbers(count).map((item) => item * 2));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('are not too many twice: what was refused is remembered with the link', async () => {
    const link = { limits: NO_LIMITS };
    const sizes: number[] = [];
    const call = async (chunk: readonly number[]) => {
      sizes.push(chunk.length);
      if (chunk.length > 30) throw new ServiceFault(StatusCodes.BadTooManyOperations);
      return chunk;
    };
    await inChunks(link, 'nodesPerRead', numbers(100), call);
    expect(sizes).toEqual([100, 50, 25, 25, 25, 25]);
    sizes.length = 0;
    await inChunks(link, 'nodesPerRead', numbers(50), call);
    expect(sizes).toEqual([25, 25]);
    expect(limitOf(link, 'nodesPerBrowse')).toBe(1_000);
  });

  test.each(['BadRequestTooLarge', 'BadResponseTooLarge', 'BadEncodingLimitsExceeded'] as const)(
    'are halved as well after %s',
    async (name) => {
      const link = { limits: NO_LIMITS };
      const results = await inChunks(link, 'nodesPerRead', numbers(4), async (chunk) => {
        if (chunk.length > 2) throw new ServiceFault(StatusCodes[name]);
        return chunk;
      });
      expect(results).toEqual([0, 1, 2, 3]);
    },
  );

  test('are given up when not even one is taken, and for any other reason', async () => {
    const link = { limits: NO_LIMITS };
    for (const name of ['BadTooManyOperations', 'BadSessionClosed'] as const) {
      const asked = inChunks(link, 'nodesPerRead', numbers(8), async () => {
        throw new ServiceFault(StatusCodes[name]);
      });
      await expect(asked).rejects.toThrow(name);
    }
  });

  test('are not matched with an answer of another length', async () => {
    const answer = inChunks({ limits: NO_LIMITS }, 'nodesPerRead', [1, 2], async () => [1]);
    await expect(answer).rejects.toThrow('BadUnknownResponse');
  });
});
