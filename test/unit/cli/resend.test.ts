import { expect, onTestFinished, test } from 'vitest';
import { resendVerb } from '../../../gateway/cli/resend.ts';
import type { ResendAnswer } from '../../../gateway/health/resend.ts';
import { answeringGateway } from '../../support/answering-gateway.ts';
import { called } from '../../support/command-line.ts';

async function resend(answer: ResendAnswer, ...argv: readonly string[]) {
  const asked: unknown[] = [];
  const gateway = await answeringGateway({
    resend: (about) => {
      asked.push(about);
      return answer;
    },
  });
  onTestFinished(() => gateway.close());
  const said = await called({ resend: resendVerb }, ['resend', gateway.folder, ...argv]);
  return { ...said, asked };
}
const some = { uplinks: [{ uplink: 'cloud', blocks: 2 }], known: ['cloud', 'scada'] };
const none = { uplinks: [{ uplink: 'cloud', blocks: 0 }], known: ['cloud'] };

test('resend tells how many blocks are sent again, of the uplink that is named', async () => {
  const { status, stdout, asked } = await resend(some, '--uplink', 'cloud');
  expect([status, stdout.trim()]).toEqual([0, 'cloud: 2 blocks are sent again']);
  expect(asked).toEqual([{ uplink: 'cloud' }]);
  const json = await resend(some, '--json');
  expect(JSON.parse(json.stdout)).toEqual({ uplinks: some.uplinks });
  expect(json.asked).toEqual([{}]);
});

test('its exit code says when there is nothing, and when there is no such uplink', async () => {
  expect((await resend(none)).status).toBe(1);
  const unknown = await resend({ uplinks: [], known: ['cloud'] }, '--uplink', 'clowd');
  expect([unknown.status, unknown.stderr]).toEqual([
    2,
    expect.stringContaining('no uplink clowd; there are: cloud'),
  ]);
});
