import { expect, it } from 'vitest';
import { MOST_OPEN } from '../../../gateway/forward/inbox.ts';
import { replayMailbox } from '../../../gateway/forward/receiver-mailbox.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { ReplayRequest } from '../../../gateway/model/replay.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { EPOCH, SPEAKER } from '../../support/forward-fixture.ts';

it('takes new requests on a new connection, however many a lost one left unanswered', async () => {
  const clock = virtualClock();
  const asked: ReplayRequest[] = [];
  const mailbox = replayMailbox({
    ...{ uplink: 'cloud', speaker: SPEAKER, clock, log: silentLog },
    send: () => {},
    asked: (request) => void asked.push(request),
  });
  const ask = async (id: string) => {
    await clock.advance(seconds(1));
    mailbox.take(Buffer.from(JSON.stringify({ id, epoch: EPOCH, seqs: [[1, 2]] })), false);
  };
  for (let index = 0; index <= MOST_OPEN; index++) await ask(`before-${index}`);
  expect(asked).toHaveLength(MOST_OPEN);
  expect(mailbox.facts().tooMany).toBe(1);
  mailbox.lost?.();
  await ask('after');
  expect(asked.at(-1)?.id).toBe('after');
  mailbox.reply({ about: 'replay', reply: { id: 'after', outcome: 'done', blocks: 2, gone: [] } });
  for (let index = 0; index < MOST_OPEN; index++) await ask(`again-${index}`);
  expect(asked.at(-1)?.id).toBe(`again-${MOST_OPEN - 1}`);
});
