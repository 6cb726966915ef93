import { expect, test } from 'vitest';
import type { AsideBlock } from '../../../gateway/forward/quarantine.ts';
import { answerResend } from '../../../gateway/health/resend.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const block: AsideBlock = {
  ...{ seq: seqOf(7), class: 'telemetry', samples: 3, reason: 'r', at: utcMs(5) },
};
const north = () => {
  const told: string[] = [];
  return {
    told,
    stats: async () => ({
      uplinks: [
        { uplink: 'cloud', refusedBlocks: 1, aside: [block] },
        { uplink: 'scada', refusedBlocks: 0, aside: [] },
        { uplink: 'eco', refusedBlocks: 4 },
      ],
    }),
    sendAside: (uplink: string) => void told.push(uplink),
  };
};

test('the uplinks that are meant are told to try again, all or the one that is named', async () => {
  const all = north();
  expect(await answerResend(undefined, all)).toEqual({
    uplinks: [
      { uplink: 'cloud', blocks: 1 },
      { uplink: 'scada', blocks: 0 },
    ],
    known: ['cloud', 'scada'],
  });
  expect(all.told).toEqual(['cloud', 'scada']);
  const one = north();
  await answerResend({ uplink: 'scada' }, one);
  expect(one.told).toEqual(['scada']);
  const none = north();
  expect(await answerResend({ uplink: 'eco' }, none)).toMatchObject({ uplinks: [] });
  expect(none.told).toEqual([]);
});
