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
  ['--ack', ''],
  ['--unshelve', ''],
  ['--comment', ''],
  ['--ack', 'Axis'],
  ['--comment', 'seen'],
  ['--ack', '4f2a', '--comment', 'x'.repeat(501)],
  ['--ack', '4f2a', '--by', ''],
  ['--ack', '4f2a', '--by', 'x'.repeat(101)],
  ['--by', 'li'],
  ['--ack', '4f2a', '--unshelve', '4f2a'],
  ['--ack', '4f2a', '--for', '1h'],
  ['--shelve', '4f2a'],
  ['--shelve', '4f2a', '--for', '90'],
  ['--shelve', 'x', '--for', '1h'],
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
  expect(questions).toEqual([{ alarm: '4F2A', comment, user: expect.stringMatching(/./) }]);
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: '4f2a9c01 press Axis Hot: written: acknowledged',
  });
});

it('puts the alarm of a rule aside, and takes it back', async () => {
  const questions: unknown[] = [];
  const matches = [{ key: '4f2a9c01', device: 'rules', about: 'hot', condition: 'Rule' }];
  const answering = (outcome: string): Answers => ({
    shelve: (about) => {
      questions.push(about);
      return { matches, outcome };
    },
  });
  const by = ['--by', 'Li'] as const;
  const shelved = await headgate(
    answering('shelved'),
    ...['--shelve', '4f2a', '--for', '8h', ...by, '--comment', 'known'],
  );
  expect(shelved).toMatchObject({ status: 0, stdout: '4f2a9c01 rules hot Rule: shelved: for 8h' });
  const unshelved = await headgate(answering('unshelved'), '--unshelve', '4f2a', ...by, '--json');
  expect(JSON.parse(unshelved.stdout)).toMatchObject({ key: '4f2a9c01', outcome: 'unshelved' });
  expect(questions).toEqual([
    { alarm: '4f2a', comment: 'known', by: 'Li', for_ms: 28_800_000 },
    { alarm: '4f2a', comment: '', by: 'Li' },
  ]);
  const refused = await headgate(answering('not-ours'), '--shelve', '4f2a', '--for', '1h');
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain('alarm.not-ours');
});

it('names who was first', async () => {
  const matches = [{ key: '4f2a9c01', device: 'rules', about: 'hot', condition: 'Rule' }];
  const ruled = { outcome: 'already', id: 'hot#3', by: 'wang', time: 0 };
  const { status, stdout } = await headgate(
    { acknowledge: () => ({ matches, ruled }) },
    '--ack',
    '4f2',
  );
  expect(status).toBe(0);
  expect(stdout).toContain('already: by wang');
});
