/** `headgate alarms` against the socket of a gateway that the test plays. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alarmsVerb } from '../../../gateway/cli/alarms/alarms.ts';
import { type Answers, ControlSocket, socketPath } from '../../../gateway/health/control-socket.ts';
import { called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';

const ended = disposals();

async function headgate(answers: Answers, ...args: readonly string[]) {
  const folder = ended(await mkdtemp(join(tmpdir(), 'headgate-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  await writeFile(join(folder, 'gateway.yaml'), 'gateway: { id: a }\njournal: { path: j.db }\n');
  const socket = ended(new ControlSocket(socketPath(join(folder, 'j.db')), answers), (open) =>
    open.close(),
  );
  await socket.open();
  return called({ alarms: alarmsVerb }, ['alarms', folder, ...args]);
}

it('refuses to choose between two alarms', async () => {
  const { status, stderr } = await headgate(
    { acknowledge: () => ({ matches: [{}, {}] }) },
    '--ack',
    '4f2',
  );
  expect(status).toBe(1);
  expect(stderr).toContain('2 alarms have an id beginning with 4f2 [alarm.ambiguous]');
});

it('says that there is no such alarm', async () => {
  const { status, stderr } = await headgate(
    { acknowledge: () => ({ matches: [] }) },
    '--ack',
    '4f2',
  );
  expect(status).toBe(1);
  expect(stderr).toContain('alarm.unknown');
});

it.each([
  ['--ack', '4f'],
  ['--ack', 'Axis'],
  ['--comment', 'seen'],
  ['--ack', '4f2a', '--comment', 'x'.repeat(501)],
])('does not understand %s %s', async (...args) => {
  expect(await headgate({}, ...args)).toMatchObject({ status: 2 });
});

it('hands on what was typed', async () => {
  const questions: unknown[] = [];
  const matches = [{ key: '4f2a9c01', device: 'press', about: 'Axis', condition: 'Hot' }];
  const answers: Answers = {
    acknowledge: (about) => {
      questions.push(about);
      return { matches, written: { outcome: 'written' } };
    },
  };
  const comment = '已更换 "fan"\n';
  const { status, stdout } = await headgate(answers, '--ack', '4F2A', '--comment', comment);
  expect(questions).toEqual([{ alarm: '4F2A', comment }]);
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: '4f2a9c01 press Axis Hot: written: acknowledged',
  });
});
